//! One connection to one server.

use std::{future::Future, pin::Pin, time::Duration};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{Either, select},
    stream::FuturesUnordered,
};
use redis::{
    AsyncConnectionConfig, Pipeline, PushInfo, RedisConnectionInfo, RedisError, Value,
    aio::MultiplexedConnection,
};
use tokio::{task::unconstrained, time};

use crate::{failure::Failure, server::Server, trust::Trust};

/// How long it may take to establish a connection, with TLS and the password.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a server is asked whether it is there, and how long it may take to answer.
pub(crate) const BEAT: Duration = Duration::from_secs(5);
pub(crate) const ANSWER: Duration = Duration::from_secs(5);
/// More pipelines than there can be without an answer, so that none waits for another one to be written.
const QUEUE: usize = 4096;

/// Ends when something is wrong, and says what. It also does the reading and writing of a connection.
pub(crate) type Watch = Pin<Box<dyn Future<Output = Failure> + Send>>;

/// The watches of several connections.
pub(crate) type Watches = FuturesUnordered<Watch>;

/// Polls the watches until this request is answered.
pub(crate) async fn answered<T>(
    watches: &mut Watches,
    request: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match select(std::pin::pin!(request), watches.next()).await {
        Either::Left((answer, _)) => answer,
        Either::Right((Some(failure), _)) => Err(failure),
        Either::Right((None, request)) => request.await,
    }
}

/// Sends requests. It works as long as its watches are polled.
#[derive(Clone)]
pub(crate) struct Connection {
    requests: MultiplexedConnection,
    pub(crate) server: Server,
}

impl Connection {
    /// `pushed` is called with what the server sends without a request.
    pub(crate) async fn open(
        server: &Server,
        login: &RedisConnectionInfo,
        trust: &Trust,
        pushed: Option<impl Fn(PushInfo) + Send + Sync + 'static>,
    ) -> Result<(Self, [Watch; 2]), Failure> {
        let mut config =
            AsyncConnectionConfig::new().set_response_timeout(None).set_pipeline_buffer_size(QUEUE);
        if let Some(pushed) = pushed {
            config = config.set_push_sender(move |push| {
                pushed(push);
                Ok::<_, ()>(())
            });
        }
        let opening = async {
            let stream = server.connect(trust).await.map_err(|error| Failure::unreachable(server, &error))?;
            let opened = MultiplexedConnection::new_with_config(login, stream, config).await;
            opened.map_err(|error| Failure::of_login(server, login, &error))
        };
        let opened = time::timeout(CONNECT, opening).await;
        let (requests, driver) = opened.map_err(|_| {
            Failure::new(format!("{server} has not accepted the connection within {CONNECT:?}"))
        })??;
        let connection = Self { requests, server: server.clone() };
        let watches: [Watch; 2] =
            [Box::pin(ended(driver, server.clone())), Box::pin(connection.clone().silent())];
        Ok((connection, watches))
    }

    /// Hands the requests over before it returns, so that calls keep their order. The future returns the replies.
    pub(crate) fn send(
        &self,
        requests: Pipeline,
    ) -> impl Future<Output = Result<Vec<Value>, Failure>> + Send + use<> {
        let Self { requests: mut connection, server } = self.clone();
        // A task that has used up its budget would not hand them over now.
        let mut replies = Box::pin(unconstrained(async move {
            connection.send_packed_commands(&requests, 0, requests.len()).await
        }));
        let early = replies.as_mut().now_or_never();
        async move {
            let replies: Result<_, RedisError> = match early {
                Some(replies) => replies,
                None => replies.await,
            };
            replies.map_err(|error| Failure::of(&server, &error))
        }
    }

    /// Sends one request, and returns its reply.
    pub(crate) async fn ask(&self, words: &[&str]) -> Result<Value, Failure> {
        let mut requests = Pipeline::with_capacity(1);
        let (name, arguments) = words.split_first().unwrap_or((&"PING", &[]));
        requests.cmd(name).arg(arguments);
        match self.send(requests).await?.pop() {
            Some(Value::ServerError(error)) => Err(Failure::refused(&self.server, &error)),
            Some(reply) => Ok(reply),
            None => Err(Failure::new(format!("{} has not answered", self.server))),
        }
    }

    /// Ends when the server does not answer a ping. A connection that is dead can look as one that is only quiet.
    async fn silent(self) -> Failure {
        loop {
            time::sleep(BEAT).await;
            let mut ping = Pipeline::with_capacity(1);
            ping.cmd("PING");
            // Any answer is a sign of life: a server that is loading its data refuses.
            match time::timeout(ANSWER, self.send(ping)).await {
                Ok(Ok(_)) => {}
                Ok(Err(failure)) => return failure,
                Err(_) => {
                    return Failure::new(format!(
                        "{} has not answered a ping within {ANSWER:?}",
                        self.server
                    ));
                }
            }
        }
    }
}

async fn ended(driver: impl Future<Output = ()>, server: Server) -> Failure {
    driver.await;
    Failure::new(format!("{server} has closed the connection"))
}
