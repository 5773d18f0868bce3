//! The writer: one thread, one transaction for all commands that are waiting (group commit).
//!
//! The disk's flush is what a write costs, so commands that wait while one runs share the next. A command is answered after
//! the commit. One that finds something unreadable is taken out and the others run again without it; a storage failure
//! fails the whole group. A caller waits for 1.4 s at most; its command is done all the same, if the disk comes back.

use std::{
    io, mem,
    sync::Arc,
    thread::{Builder, JoinHandle},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{Shared, due::DueChange, fault::Fault, tables::Tables};

/// How many commands may wait. More than that, and the disk is too slow for what is asked of it.
const QUEUE: usize = 8_192;
/// How many commands share a transaction.
const GROUP: usize = 256;
/// How long a caller waits for its commit. No store, no answer: a request hears of it within 1.5 s, this long and the way
/// back. In real time, because a disk that hangs does not follow anybody's clock.
const LONGEST_WAIT: Duration = Duration::from_millis(1_400);

/// A command, whatever it answers.
trait Command: Send {
    /// Does the work, and keeps the answer for later.
    fn run(&mut self, tables: &mut Tables<'_>) -> Result<(), Fault>;
    /// Answers: the work is durable, or failed.
    fn answer(self: Box<Self>, outcome: Result<(), Fault>);
}

struct Call<T, F> {
    work: F,
    done: Option<T>,
    caller: oneshot::Sender<Result<T, Fault>>,
}

impl<T, F> Command for Call<T, F>
where
    T: Send,
    F: FnMut(&mut Tables<'_>) -> Result<T, Fault> + Send,
{
    fn run(&mut self, tables: &mut Tables<'_>) -> Result<(), Fault> {
        self.done = Some((self.work)(tables)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), Fault>) {
        let Self { done, caller, .. } = *self;
        // A caller that has gone away does not need the answer.
        let _ = caller.send(outcome.and_then(|()| done.ok_or(Fault::WriterStopped)));
    }
}

/// The way to the writer thread. Dropping it lets the thread finish what is queued, and waits for that.
#[derive(Debug)]
pub(crate) struct Writer {
    commands: Option<mpsc::Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (commands, queue) = mpsc::channel(QUEUE);
        let thread = Builder::new().name("herald-store".to_owned()).spawn(move || serve(&shared, queue))?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    /// Has the thread ended, by a failure or a panic?
    pub(crate) fn has_stopped(&self) -> bool {
        self.commands.as_ref().is_none_or(mpsc::Sender::is_closed)
    }

    /// Runs `work` and answers when it is durable. After [`Fault::Late`] it may have taken effect, or yet take it.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnMut(&mut Tables<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let commands = self.commands.as_ref().ok_or(Fault::WriterStopped)?;
        let (caller, answer) = oneshot::channel();
        commands.try_send(Box::new(Call { work, done: None, caller })).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Fault::QueueFull,
            mpsc::error::TrySendError::Closed(_) => Fault::WriterStopped,
        })?;
        let answered = timeout(LONGEST_WAIT, answer).await.map_err(|_| Fault::Late)?;
        // A thread that ends without an answer drops the other half.
        answered.map_err(|_| Fault::WriterStopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic in it has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared, mut queue: mpsc::Receiver<Box<dyn Command>>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        if let Err(fault) = commit(shared, group) {
            tracing::error!(error = %fault, "the store cannot write any more; restart to recover");
            return;
        }
    }
}

/// Commits a group and answers its commands. An error is one that the writer cannot go on after.
fn commit(shared: &Shared, mut group: Vec<Box<dyn Command>>) -> Result<(), Fault> {
    loop {
        match attempt(shared, &mut group) {
            Ok(changes) => {
                for change in changes {
                    shared.agendas.change(change);
                }
                for command in group {
                    command.answer(Ok(()));
                }
                return Ok(());
            }
            Err((Some(index), fault @ Fault::Unreadable(_))) => {
                group.remove(index).answer(Err(fault));
            }
            Err((_, fault)) => {
                // Before anybody hears of it, so that the next call finds the store as it is from now on.
                let next = recover(shared, &fault);
                for command in group {
                    command.answer(Err(fault.clone()));
                }
                return next;
            }
        }
    }
}

type Failed = (Option<usize>, Fault);

/// Runs the group in one transaction. An error says which command met it.
fn attempt(shared: &Shared, group: &mut [Box<dyn Command>]) -> Result<Vec<DueChange>, Failed> {
    let outside = |fault| (None, fault);
    let transaction = shared.disk.write().map_err(outside)?;
    let mut tables = Tables::open(&transaction, shared.clock.now()).map_err(outside)?;
    for (index, command) in group.iter_mut().enumerate() {
        command.run(&mut tables).map_err(|fault| (Some(index), fault))?;
    }
    let changes = mem::take(&mut tables.changes);
    drop(tables);
    transaction.commit().map_err(|error| outside(error.into()))?;
    Ok(changes)
}

/// After a full disk, or when the file is still closed since then, opens it again; else nothing can be done.
fn recover(shared: &Shared, fault: &Fault) -> Result<(), Fault> {
    if !fault.is_disk_full() && !matches!(fault, Fault::Closed) {
        return Err(fault.clone());
    }
    match shared.disk.reopen() {
        // Whether the failed commit is there after all is for the file to say.
        Ok(()) => shared.load_agendas(),
        Err(fault) => {
            tracing::warn!(error = %fault, "the store's file cannot be opened again; the next write tries anew");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
