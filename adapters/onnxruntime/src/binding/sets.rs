//! Sets of inputs that are known again by their addresses, laid out so that a request looks at few lines of memory.

use tare_adapter_api::{Tensor, TensorSpec};

/// How many sets are kept.
pub(super) const KEPT: usize = 16;

/// The layout that every set has, and the addresses of those that are kept. A large model leaves nothing else in the caches
/// between two requests, so the words of all inputs lie side by side.
pub(super) struct Sets {
    /// How many inputs a set has.
    count: usize,
    /// Of each input its element type, its rank and its sizes.
    layout: Box<[usize]>,
    /// Of each set where its inputs lie.
    addresses: Vec<usize>,
    /// The tensors, which share their memory, so that no other tensor can have these addresses meanwhile.
    tensors: Vec<Box<[Tensor]>>,
    /// Where the next set is looked for first, and put if it is new.
    next: usize,
}

impl Sets {
    /// None yet, of inputs like these.
    pub(super) fn new(specs: &[TensorSpec]) -> Self {
        let layout = specs.iter().flat_map(|spec| {
            let head = [spec.dtype as usize, spec.shape.len()];
            head.into_iter().chain(spec.shape.iter().copied())
        });
        Self {
            count: specs.len(),
            layout: layout.collect(),
            addresses: Vec::with_capacity(KEPT * specs.len()),
            tensors: Vec::with_capacity(KEPT),
            next: 0,
        }
    }

    /// Whether these are as many inputs of the types and shapes that they should have.
    pub(super) fn fits(&self, inputs: &[Tensor]) -> bool {
        let mut layout = &*self.layout;
        let fits = |input: &Tensor| {
            let shape = input.shape();
            let [dtype, rank, rest @ ..] = layout else {
                return false;
            };
            let same = *dtype == input.dtype() as usize && rest.get(..*rank) == Some(shape);
            layout = rest.get(*rank..).unwrap_or_default();
            same
        };
        inputs.len() == self.count && inputs.iter().all(fits)
    }

    /// The place of these very inputs, which fit; looked for first where it is when sets take turns.
    pub(super) fn find(&mut self, inputs: &[Tensor]) -> Option<usize> {
        let sets = self.tensors.len();
        let places = (self.next..sets).chain(0..self.next.min(sets));
        let mut places = places.filter(|place| self.lies_at(*place, inputs));
        let found = places.next()?;
        self.next = (found + 1) % KEPT;
        Some(found)
    }

    /// Keeps a new set, where there are enough in place of the one after that which was used last.
    pub(super) fn keep(&mut self, inputs: &[Tensor]) -> usize {
        let place = self.next.min(self.tensors.len());
        let addresses = inputs.iter().map(address);
        if place == self.tensors.len() {
            self.addresses.extend(addresses);
            self.tensors.push(inputs.into());
        } else {
            let from = place * self.count;
            let slots = &mut self.addresses[from..from + self.count];
            slots
                .iter_mut()
                .zip(addresses)
                .for_each(|(slot, address)| *slot = address);
            self.tensors[place] = inputs.into();
        }
        self.next = (place + 1) % KEPT;
        place
    }

    fn lies_at(&self, place: usize, inputs: &[Tensor]) -> bool {
        let from = place * self.count;
        let kept = &self.addresses[from..from + self.count];
        inputs.iter().map(address).eq(kept.iter().copied())
    }
}

fn address(tensor: &Tensor) -> usize {
    tensor.bytes().as_ptr() as usize
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::DataType;

    use super::*;

    fn spec(dtype: DataType, shape: &[usize]) -> TensorSpec {
        TensorSpec {
            name: "x".to_owned(),
            dtype,
            shape: shape.to_vec(),
        }
    }

    fn floats(shape: &[usize]) -> Tensor {
        let count = shape.iter().product();
        Tensor::from_values(shape.to_vec(), vec![0.5f32; count]).expect("fits")
    }

    fn sets() -> Sets {
        Sets::new(&[spec(DataType::F32, &[2, 3]), spec(DataType::F32, &[])])
    }

    fn set() -> [Tensor; 2] {
        [floats(&[2, 3]), floats(&[])]
    }

    #[test]
    fn only_the_layout_asked_for_fits() {
        let sets = sets();
        assert!(sets.fits(&set()));
        let [matrix, scalar] = set();
        let integers = Tensor::from_values(vec![2, 3], vec![0i32; 6]).expect("fits");
        for misfit in [
            vec![],
            vec![matrix.clone()],
            vec![scalar.clone(), matrix.clone()],
            vec![matrix.clone(), scalar.clone(), scalar.clone()],
            vec![floats(&[3, 2]), scalar.clone()],
            vec![floats(&[6]), scalar.clone()],
            vec![floats(&[2, 3, 1]), scalar.clone()],
            vec![matrix, floats(&[1])],
            vec![integers, scalar],
        ] {
            assert!(!sets.fits(&misfit), "{misfit:?}");
        }
        assert!(Sets::new(&[]).fits(&[]));
    }

    #[test]
    fn a_set_is_found_where_it_was_put_and_an_equal_one_elsewhere_is_not() {
        let mut sets = sets();
        let given: Vec<[Tensor; 2]> = (0..3).map(|_| set()).collect();
        for (place, inputs) in given.iter().enumerate() {
            assert_eq!(sets.find(inputs), None);
            assert_eq!(sets.keep(inputs), place);
        }
        for place in [0, 1, 2, 0, 2, 2, 1] {
            assert_eq!(sets.find(&given[place]), Some(place));
            assert_eq!(sets.find(&given[place].clone()), Some(place));
        }
        assert_eq!(sets.find(&set()), None);
        let mixed = [given[0][0].clone(), given[1][1].clone()];
        assert_eq!(sets.find(&mixed), None);
    }

    #[test]
    fn one_set_too_many_takes_the_place_of_the_first_which_is_forgotten() {
        let mut sets = sets();
        let given: Vec<[Tensor; 2]> = (0..KEPT + 2).map(|_| set()).collect();
        let places = given.iter().map(|inputs| sets.keep(inputs));
        let expected = (0..KEPT).chain([0, 1]);
        assert_eq!(places.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert_eq!(sets.find(&given[0]), None);
        assert_eq!(sets.find(&given[2]), Some(2));
        assert_eq!(sets.find(&given[KEPT + 1]), Some(1));
    }
}
