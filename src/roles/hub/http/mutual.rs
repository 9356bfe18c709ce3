//! The door for edges: TLS in which each side shows a certificate of the district's authority.
//!
//! Handshakes are made beside one another and each has its time, so a client that is slow, or that has
//! no certificate, keeps nobody waiting. Whose connection it is stands in [`Peer`].

use super::listener::{Bounded, Connection};
use crate::{
    base::shutdown::Shutdown,
    domain::ids::{DistrictId, NodeId},
    drivers::pki::{Certificate, Kind},
};
use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use rustls::ServerConfig;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const READY_MAX: usize = 16;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub address: SocketAddr,
    /// By its certificate.
    pub node: Option<NodeId>,
}

impl Connected<IncomingStream<'_, Bounded>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Bounded>) -> Self {
        Self { address: *stream.remote_addr(), node: None }
    }
}

impl Connected<IncomingStream<'_, Mutual>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Mutual>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Connections of edges, shaken hands with.
pub struct Mutual {
    ready: mpsc::Receiver<(TlsStream<Connection>, Peer)>,
    address: SocketAddr,
}

impl Mutual {
    /// Accepts in the background until shutdown.
    pub fn new(
        mut listener: Bounded,
        config: Arc<ServerConfig>,
        district: DistrictId,
        shutdown: Shutdown,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(READY_MAX);
        let acceptor = TlsAcceptor::from(config);
        tokio::spawn(async move {
            let mut handshakes = JoinSet::new();
            loop {
                let (connection, address) = tokio::select! {
                    accepted = listener.accept() => accepted,
                    Some(_) = handshakes.join_next() => continue,
                    () = shutdown.begun() => return,
                };
                let (acceptor, sender, district) =
                    (acceptor.clone(), sender.clone(), district.clone());
                handshakes.spawn(async move {
                    let shaken =
                        tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(connection));
                    let refused = match shaken.await {
                        Err(_) => "the handshake took too long".to_owned(),
                        Ok(Err(error)) => error.to_string(),
                        Ok(Ok(stream)) => match node(&stream, &district) {
                            Ok(node) => {
                                let peer = Peer { address, node: Some(node) };
                                // An error only says that the server has ended.
                                let _ = sender.send((stream, peer)).await;
                                return;
                            }
                            Err(reason) => reason,
                        },
                    };
                    metrics::counter!("gridwarden_hub_edges_refused_total").increment(1);
                    tracing::warn!(%address, refused, "not taken for an edge");
                });
            }
        });
        Ok(Self { ready, address })
    }
}

/// The verifier has found the certificate good; here it must also be an edge's, of this district.
fn node(stream: &TlsStream<Connection>, district: &DistrictId) -> Result<NodeId, String> {
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(|chain| chain.first());
    let shown = Certificate::from_der(shown.ok_or("it showed no certificate")?)?;
    if shown.district != *district {
        return Err(format!("it is of district {}", shown.district));
    }
    match shown.holder.kind {
        Kind::Edge => Ok(shown.holder.name),
        other => Err(format!("it is a {other}'s, not an edge's")),
    }
}

impl Listener for Mutual {
    type Io = TlsStream<Connection>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Peer) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // Shutting down.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: self.address, node: None })
    }
}
