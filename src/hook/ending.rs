//! How the end of the server reaches those who serve.

use tokio::sync::watch;

/// Says that the server ends.
pub(super) struct End(watch::Sender<bool>);

/// Hears that the server ends.
#[derive(Clone)]
pub(super) struct Ending(watch::Receiver<bool>);

pub(super) fn pair() -> (End, Ending) {
    let (end, ending) = watch::channel(false);
    (End(end), Ending(ending))
}

impl End {
    pub(super) fn begin(&self) {
        self.0.send_replace(true);
    }
}

impl Ending {
    /// Returns as soon as the server ends, at once where it does already.
    pub(super) async fn begun(&mut self) {
        // An error says that nobody can begin the end any more, because it is over.
        _ = self.0.wait_for(|is_ending| *is_ending).await;
    }
}
