use super::{Hub, remote::State};
use crate::{Error, Ready, Result};

/// Ready when the backplane is connected; at once where there is none.
impl<T: 'static> Ready for Hub<T> {
    async fn ready(self) -> Result {
        let Some(remote) = self.shared.core.remote() else { return Ok(()) };
        let mut states = remote.state();
        let settled = states.wait_for(|state| *state != State::Connecting).await;
        match settled.as_deref() {
            Ok(State::Lost(why)) => Err(Error::new(format_args!("its backplane is not connected: {why}"))),
            _ => Ok(()),
        }
    }
}
