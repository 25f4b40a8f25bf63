//! The loop that a careful user of rten writes: inputs converted once, a pool of one thread, one model kept loaded.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context, Result};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use tare_clock::Clock;
use tare_harness::plan::Work;
use tare_models::Tensor;

/// A model in rten with its inputs in rten's types.
pub struct Bare {
    model: Model,
    pool: Arc<ThreadPool>,
    inputs: Vec<Vec<(NodeId, Value)>>,
    outputs: Vec<NodeId>,
}

impl Bare {
    /// Reads the model and converts `inputs`, all of 64-bit integers.
    pub fn load(work: &Work, inputs: &[Vec<Tensor>]) -> Result<Self> {
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options.load_file(&work.load.model)?;
        let convert = |tensors: &Vec<Tensor>| {
            let named = work.load.inputs.iter().zip(tensors);
            named
                .map(|(spec, tensor)| Ok((model.node_id(&spec.name)?, value(tensor)?)))
                .collect()
        };
        let inputs = inputs.iter().map(convert).collect::<Result<_>>()?;
        let names = work.load.outputs.iter().map(|output| &output.name);
        let outputs = names
            .map(|name| model.node_id(name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            pool: Arc::new(ThreadPool::with_num_threads(1)),
            model,
            inputs,
            outputs,
        })
    }

    /// Latencies of `requests` requests in nanoseconds, the dropping of their outputs included.
    pub fn block(&self, requests: usize, clock: &impl Clock) -> Result<Vec<u64>> {
        let inputs = self.inputs.iter().cycle().take(requests);
        self.pool.run(|| {
            let timed = inputs.map(|inputs| {
                let start = clock.now();
                self.request(inputs)?;
                Ok(clock.now().saturating_sub(start).as_nanos())
            });
            timed.collect()
        })
    }

    fn request(&self, inputs: &[(NodeId, Value)]) -> Result<()> {
        let views = inputs
            .iter()
            .map(|(node, value)| (*node, ValueOrView::from(value)));
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let outputs = self
            .model
            .run(views.collect(), &self.outputs, Some(options))?;
        black_box(outputs);
        Ok(())
    }
}

fn value(tensor: &Tensor) -> Result<Value> {
    let values = tensor.values::<i64>().context("an input of i64")?;
    let values = values.iter().map(|value| i32::try_from(*value));
    let values = values.collect::<Result<Vec<i32>, _>>()?;
    Ok(Value::from_shape(tensor.shape(), values)?)
}
