//! From the number of an element to its place in each operand.

use std::fmt::Write as _;

use crate::view::View;

/// Views of one shape, the axes that follow each other in all of them as one.
pub(super) struct Joint {
    /// The size of each axis.
    pub(super) shape: Vec<usize>,
    /// For each view, from one element to the next on each axis.
    pub(super) strides: Vec<Vec<isize>>,
}

impl Joint {
    pub(super) fn of(views: &[&View]) -> Self {
        let rank = views.first().map_or(0, |view| view.shape.len());
        let mut joint = Self {
            shape: Vec::new(),
            strides: vec![Vec::new(); views.len()],
        };
        for axis in 0..rank {
            joint.take(views, axis);
        }
        joint
    }

    fn take(&mut self, views: &[&View], axis: usize) {
        let size = views[0].shape[axis];
        if size == 1 {
            return;
        }
        let follows = |(strides, view): (&Vec<isize>, &&View)| {
            let before = strides.last();
            before.is_some_and(|before| *before == view.strides[axis] * size as isize)
        };
        let joins = self.strides.iter().zip(views).all(follows);
        match self.shape.last_mut() {
            Some(before) if joins => {
                *before *= size;
                let places = self.strides.iter_mut().zip(views);
                places.for_each(|(strides, view)| {
                    if let Some(last) = strides.last_mut() {
                        *last = view.strides[axis];
                    }
                });
            }
            _ => {
                self.shape.push(size);
                let places = self.strides.iter_mut().zip(views);
                places.for_each(|(strides, view)| strides.push(view.strides[axis]));
            }
        }
    }

    /// The expression of an element's place in the view of this number, from its number `at` in row-major order.
    pub(super) fn place(&self, view: usize, at: &str) -> String {
        let mut terms = String::new();
        let mut below: usize = self.shape.iter().product();
        for (axis, (size, stride)) in self.shape.iter().zip(&self.strides[view]).enumerate() {
            below /= size;
            if *stride == 0 {
                continue;
            }
            let over = match below {
                1 => at.to_owned(),
                _ => format!("{at} / {below}u"),
            };
            let within = match axis {
                0 => over,
                _ => format!("{over} % {size}u"),
            };
            let plus = if terms.is_empty() { "" } else { " + " };
            let _ = write!(terms, "{plus}i64({within}) * {stride}ll");
        }
        match terms.is_empty() {
            true => "0".to_owned(),
            false => terms,
        }
    }

    /// The stride of the last axis in a view.
    pub(super) fn last(&self, view: usize) -> isize {
        self.strides[view].last().copied().unwrap_or(0)
    }
}

/// The expression of where the first axes of a view, all but `last`, put their element number `at`.
pub(super) fn leading(view: &View, last: usize, at: &str) -> String {
    let outer = view.shape.len().saturating_sub(last);
    let head = View {
        shape: view.shape[..outer].to_vec(),
        strides: view.strides[..outer].to_vec(),
        ..view.clone()
    };
    Joint::of(&[&head]).place(0, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::BufferId;

    fn whole(shape: &[usize]) -> View {
        View::whole(BufferId(0), shape)
    }

    /// What an expression of [`Joint::place`] says of `at`: sums of terms such as `i64(at / 6u % 4u) * 12ll`.
    fn evaluated(expression: &str, at: i64) -> i64 {
        let term = |term: &str| {
            let (index, stride) = term.split_once(") * ")?;
            let stride: i64 = stride.trim_end_matches("ll").parse().ok()?;
            let mut words = index.trim_start_matches("i64(").split(' ');
            let mut value = words.next().filter(|word| *word == "at").map(|_| at)?;
            while let (Some(operator), Some(number)) = (words.next(), words.next()) {
                let number: i64 = number.trim_end_matches('u').parse().ok()?;
                value = if operator == "/" {
                    value / number
                } else {
                    value % number
                };
            }
            Some(value * stride)
        };
        match expression {
            "0" => 0,
            terms => terms
                .split(" + ")
                .map(|one| term(one).expect("a term"))
                .sum(),
        }
    }

    fn check(views: &[View]) {
        let all: Vec<&View> = views.iter().collect();
        let joint = Joint::of(&all);
        for (number, view) in views.iter().enumerate() {
            let expression = joint.place(number, "at");
            let mut places = Vec::new();
            view.places(|place| places.push(place as i64 - view.offset as i64));
            let found = (0..places.len() as i64).map(|at| evaluated(&expression, at));
            assert_eq!(found.collect::<Vec<_>>(), places, "{expression}");
        }
    }

    #[test]
    fn an_element_is_found_where_each_view_has_it() {
        check(&[whole(&[2, 3, 4]), whole(&[3, 2, 4]).permute(&[1, 0, 2])]);
        let row = whole(&[4]).broadcast(&[2, 3, 4]).expect("fits");
        let column = whole(&[3, 1]).broadcast(&[2, 3, 4]).expect("fits");
        check(&[whole(&[2, 3, 4]), row, column]);
        check(&[whole(&[5]).slice(0, 4, -2, 2), whole(&[2])]);
        check(&[whole(&[]), whole(&[])]);
        check(&[
            whole(&[1, 6, 1]),
            whole(&[3, 1, 6]).slice(0, 2, 1, 1).permute(&[0, 2, 1]),
        ]);
    }

    #[test]
    fn axes_that_follow_each_other_in_all_views_are_one() {
        let joint = Joint::of(&[&whole(&[2, 3, 4]), &whole(&[2, 3, 4])]);
        assert_eq!(
            (joint.shape, joint.strides),
            (vec![24], vec![vec![1], vec![1]])
        );
        let row = whole(&[4]).broadcast(&[2, 3, 4]).expect("fits");
        let joint = Joint::of(&[&whole(&[2, 3, 4]), &row]);
        assert_eq!(joint.shape, [6, 4]);
        assert_eq!(joint.strides, [vec![4, 1], vec![0, 1]]);
        assert_eq!(joint.last(1), 1);
    }

    #[test]
    fn the_first_axes_say_where_a_head_begins() {
        let heads = whole(&[2, 8, 3, 4]).permute(&[0, 2, 1, 3]);
        let expression = leading(&heads, 2, "at");
        let places = (0..6).map(|at| evaluated(&expression, at));
        assert_eq!(places.collect::<Vec<_>>(), [0, 4, 8, 96, 100, 104]);
    }
}
