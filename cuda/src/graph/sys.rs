//! The driver's capture of a stream, and its graphs.
#![allow(unsafe_code)]

use std::sync::Arc;

use cudarc::driver::result::stream;
use cudarc::driver::sys;

use crate::driver::{Context, Failed, needs};
use crate::{Fault, Stream};

/// Calls that only graphs need.
const SYMBOLS: [&str; 7] = [
    "cuGraphDestroy",
    "cuGraphExecDestroy",
    "cuGraphGetNodes",
    "cuGraphInstantiateWithFlags",
    "cuGraphLaunch",
    "cuStreamBeginCapture_v2",
    "cuStreamEndCapture",
];

/// Recorded work, ready to be started at once. It holds none of the memory and modules that the work uses.
pub struct Graph {
    raw: sys::CUgraphExec,
    nodes: usize,
    context: Arc<Context>,
}

// SAFETY: any thread may use a graph, one at a time; it is not `Sync`.
unsafe impl Send for Graph {}

impl Graph {
    /// Starts all of it, after what `stream` was given before, and after earlier launches of this graph.
    ///
    /// # Safety
    /// All memory and modules that the recorded work uses live until the stream has passed it, and what its copies and
    /// kernels demand of the caller holds for this launch.
    ///
    /// # Errors
    /// Where the driver refuses, or an earlier fault comes out.
    pub unsafe fn launch(&self, stream: &Stream) -> Result<(), Fault> {
        // SAFETY: both live; what the work uses is as the caller says.
        let launched = unsafe { sys::cuGraphLaunch(self.raw, stream.raw) };
        launched.result().of("cuGraphLaunch")
    }

    /// How many launches, copies and other nodes were recorded.
    pub fn nodes(&self) -> usize {
        self.nodes
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        // SAFETY: instantiated with `self`, destroyed here only; launches under way are let to end.
        let _ = unsafe { sys::cuGraphExecDestroy(self.raw) };
    }
}

impl Stream {
    /// Records what `body` starts on this stream, and on others that wait for its events and are waited for, without
    /// starting it.
    ///
    /// Calls that the driver cannot record are refused on this thread and end the capture: allocating, waiting, loading
    /// modules. Other threads may make them meanwhile (`CU_STREAM_CAPTURE_MODE_THREAD_LOCAL`). As the driver loads
    /// kernels, and libraries prepare themselves, when they are first used, `body` should have run once before.
    ///
    /// # Errors
    /// Those of `body`, which end the capture; and where the driver cannot record, or make a graph of it.
    pub fn capture<E: From<Fault>>(
        &self,
        body: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<Graph, E> {
        needs(&SYMBOLS)?;
        let capture = Capture::begin(self)?;
        body(self)?;
        let recorded = capture.end()?;
        Ok(recorded.instantiate(&self.context)?)
    }
}

/// A stream while it is captured; where it is dropped, what was recorded is let go of.
struct Capture<'s>(Option<&'s Stream>);

impl<'s> Capture<'s> {
    fn begin(stream: &'s Stream) -> Result<Self, Fault> {
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream lives.
        unsafe { stream::begin_capture(stream.raw, mode) }.of("cuStreamBeginCapture")?;
        Ok(Self(Some(stream)))
    }

    fn end(mut self) -> Result<Recorded, Fault> {
        self.finish()
    }

    fn finish(&mut self) -> Result<Recorded, Fault> {
        const CALL: &str = "cuStreamEndCapture";
        let nothing = || Fault::new(CALL, "nothing was recorded");
        let stream = self.0.take().ok_or_else(nothing)?;
        let mut graph = std::ptr::null_mut();
        // SAFETY: the stream is being captured, by this thread; the graph is written to a place of its own.
        let ended = unsafe { sys::cuStreamEndCapture(stream.raw, &mut graph) };
        let recorded = Recorded(graph);
        ended.result().of(CALL)?;
        match recorded.0.is_null() {
            true => Err(nothing()),
            false => Ok(recorded),
        }
    }
}

impl Drop for Capture<'_> {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

/// A graph that cannot be launched yet; null where the driver gave none.
struct Recorded(sys::CUgraph);

impl Recorded {
    fn instantiate(self, context: &Arc<Context>) -> Result<Graph, Fault> {
        let mut nodes = 0;
        // SAFETY: recorded; without room for nodes the driver writes their number only.
        let asked = unsafe { sys::cuGraphGetNodes(self.0, std::ptr::null_mut(), &mut nodes) };
        asked.result().of("cuGraphGetNodes")?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: recorded; what is made is written to a place of its own, and needs the recorded graph no longer.
        let made = unsafe { sys::cuGraphInstantiateWithFlags(&mut raw, self.0, 0) };
        made.result().of("cuGraphInstantiate")?;
        Ok(Graph {
            raw,
            nodes,
            context: context.clone(),
        })
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: recorded, destroyed here only.
            let _ = unsafe { sys::cuGraphDestroy(self.0) };
        }
    }
}
