use super::Hub;
use crate::{Error, Ready, Result};

/// Ready when the backplane is connected and the broker has confirmed every topic with a subscriber; immediately if there is no
/// backplane.
impl<T: 'static> Ready for Hub<T> {
    async fn ready(self) -> Result {
        let Some(remote) = self.shared.core.remote() else { return Ok(()) };
        remote.ready().await.map_err(Error::new)
    }
}
