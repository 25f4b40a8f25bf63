//! The processes below a process, as the kernel lists the children of each thread.

use crate::Unavailable;
use crate::root::Root;

/// The processes below `pid`, parents before children; one that outlived its parent is no longer among them.
pub(crate) fn descendants(root: &Root, pid: u32) -> Result<Vec<u32>, Unavailable> {
    let mut waiting = children(root, pid)?;
    let mut found = Vec::new();
    while !waiting.is_empty() {
        let mut below = Vec::new();
        for child in waiting {
            if child != pid && !found.contains(&child) {
                found.push(child);
                below.extend(children(root, child).unwrap_or_default());
            }
        }
        waiting = below;
    }
    Ok(found)
}

/// The process itself, then its descendants.
pub(crate) fn family(root: &Root, pid: u32) -> Result<Vec<u32>, Unavailable> {
    let mut pids = vec![pid];
    pids.extend(descendants(root, pid)?);
    Ok(pids)
}

/// The threads of a process, in ascending order.
pub(crate) fn threads(root: &Root, pid: u32) -> Result<Vec<u32>, Unavailable> {
    let names = root.names(&format!("proc/{pid}/task"))?;
    let mut threads: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
    threads.sort_unstable();
    Ok(threads)
}

/// `None` for what is absent because its process or thread has ended, unless all depends on it.
pub(crate) fn unless_gone<T>(
    found: Result<T, Unavailable>,
    is_needed: bool,
) -> Result<Option<T>, Unavailable> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Unavailable::Absent { .. }) if !is_needed => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// The children of every thread: each thread has a list of its own.
fn children(root: &Root, pid: u32) -> Result<Vec<u32>, Unavailable> {
    let mut found = Vec::new();
    let mut listed = Err(Unavailable::None("the process has no threads"));
    for thread in threads(root, pid)? {
        match root.text(&format!("proc/{pid}/task/{thread}/children")) {
            Ok(text) => {
                let pids = text.split_whitespace().map(str::parse::<u32>);
                found.extend(pids.filter_map(Result::ok));
                listed = Ok(());
            }
            Err(reason) if listed.is_err() => listed = Err(reason),
            // A thread that ended meanwhile.
            Err(_) => {}
        }
    }
    listed.map(|()| found)
}
