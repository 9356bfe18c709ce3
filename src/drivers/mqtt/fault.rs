//! Why there is no connection, in words that name the broker and the cure.

use rumqttc::v5::{
    ConnectionError, StateError,
    mqttbytes::v5::{ConnectReturnCode, DisconnectReasonCode},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error(
        "{url}: broker cannot be reached: {reason}; check that it runs and the address is right"
    )]
    Unreachable { url: String, reason: String },
    #[error("{url}: broker refused client {client_id}: {code} (reason code {number}); {cure}")]
    Refused { url: String, client_id: String, code: String, number: u8, cure: &'static str },
    #[error(
        "{url}: TLS failed: {reason}; check `ca`, and that the certificate names this host and has not expired"
    )]
    Tls { url: String, reason: String },
    #[error("{url}: another client took the id {client_id}; two nodes must not share a node id")]
    TakenOver { url: String, client_id: String },
    #[error("{url}: broker refused the subscription {filter}: {reason}; check its access list")]
    SubscriptionRefused { url: String, filter: String, reason: String },
    #[error(
        "{url}: a message of {bytes} bytes was dropped: the broker allows {bytes_max}; raise its `max_packet_size`"
    )]
    TooLargeForBroker { url: String, bytes: u32, bytes_max: u32 },
    #[error("{url}: broker sent more than its share without waiting for acknowledgements")]
    Overrun { url: String },
    #[error("{url}: connection lost: {reason}")]
    Lost { url: String, reason: String },
}

impl LinkFault {
    /// Trying at once would meet the same answer.
    pub(super) fn needs_a_person(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::TakenOver { .. }
                | Self::SubscriptionRefused { .. }
                | Self::TooLargeForBroker { .. }
        )
    }

    pub(super) fn sort(error: ConnectionError, url: &str, client_id: &str) -> Self {
        let (url, client_id) = (url.to_owned(), client_id.to_owned());
        match error {
            ConnectionError::ConnectionRefused(code)
            | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => {
                let (number, cure) = refusal(code);
                Self::Refused { url, client_id, code: format!("{code:?}"), number, cure }
            }
            ConnectionError::MqttState(StateError::ServerDisconnect {
                reason_code,
                reason_string,
            }) => match reason_code {
                DisconnectReasonCode::SessionTakenOver => Self::TakenOver { url, client_id },
                other => {
                    let words = reason_string.map(|words| format!(" ({words})"));
                    let reason = format!("the broker said {other:?}{}", words.unwrap_or_default());
                    Self::Lost { url, reason }
                }
            },
            ConnectionError::MqttState(StateError::OutgoingPacketTooLarge { pkt_size, max }) => {
                Self::TooLargeForBroker { url, bytes: pkt_size, bytes_max: max }
            }
            ConnectionError::MqttState(state) => Self::Lost { url, reason: state.to_string() },
            ConnectionError::Tls(error) => Self::Tls { url, reason: error.to_string() },
            ConnectionError::Io(error) => Self::Unreachable { url, reason: error.to_string() },
            ConnectionError::Timeout(_) => {
                Self::Unreachable { url, reason: "no answer in time".to_owned() }
            }
            other => Self::Lost { url, reason: other.to_string() },
        }
    }
}

/// MQTT 5, section 3.2.2.2, and what to do about it.
fn refusal(code: ConnectReturnCode) -> (u8, &'static str) {
    use ConnectReturnCode as Code;
    const CREDENTIALS: &str = "check user and password of `[mqtt]`, and the broker's password file";
    const LATER: &str = "the broker is overloaded or stopping; trying goes on";
    const VERSION: &str = "the broker must speak MQTT 5: Mosquitto 2 or newer does";
    match code {
        Code::Success => (0, "nothing is wrong"),
        Code::UnspecifiedError => (0x80, "see the broker's log"),
        Code::MalformedPacket => (0x81, "see the broker's log"),
        Code::ProtocolError => (0x82, "see the broker's log"),
        Code::ImplementationSpecificError => (0x83, "see the broker's log"),
        Code::UnsupportedProtocolVersion | Code::RefusedProtocolVersion => (0x84, VERSION),
        Code::ClientIdentifierNotValid | Code::BadClientId => {
            (0x85, "the broker wants another client id: change `node.id`")
        }
        Code::BadUserNamePassword => (0x86, CREDENTIALS),
        Code::NotAuthorized => (0x87, CREDENTIALS),
        Code::ServerUnavailable | Code::ServiceUnavailable => (0x88, LATER),
        Code::ServerBusy => (0x89, LATER),
        Code::Banned => (0x8A, "lift the ban at the broker"),
        Code::BadAuthenticationMethod => (0x8C, CREDENTIALS),
        Code::TopicNameInvalid => (0x90, "the broker refuses the topic of the last will"),
        Code::PacketTooLarge => (0x95, "raise the broker's `max_packet_size`"),
        Code::QuotaExceeded => (0x97, LATER),
        Code::PayloadFormatInvalid => (0x99, "see the broker's log"),
        Code::RetainNotSupported => (0x9A, "allow retained messages at the broker"),
        Code::QoSNotSupported => (0x9B, "allow QoS 1 at the broker"),
        Code::UseAnotherServer => (0x9C, "the broker wants another address: change `mqtt.url`"),
        Code::ServerMoved => (0x9D, "the broker has moved: change `mqtt.url`"),
        Code::ConnectionRateExceeded => (0x9F, LATER),
    }
}
