//! Reflection: what tools such as grpcurl ask a server before they call it.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::FileDescriptorProto;
use tonic::{Code, Status, transport::Endpoint};
use tonic_reflection::pb::{
    v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest as Asked,
        server_reflection_response::MessageResponse as Told,
    },
    v1alpha,
};

use crate::harness::{Gateway, Settings, stacks};

const FLIGHT: &str = "arrow.flight.protocol.FlightService";

/// Asks without any credential.
async fn told(gateway: &Gateway, asked: Asked) -> Result<Told, Status> {
    let channel = Endpoint::new(format!("http://{}", gateway.address())).unwrap().connect().await.unwrap();
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(asked) };
    let mut client = ServerReflectionClient::new(channel);
    let mut answers = client.server_reflection_info(futures::stream::iter([request])).await?.into_inner();
    Ok(answers.message().await?.unwrap().message_response.unwrap())
}

/// The messages of the file that a name is looked up in.
async fn messages(gateway: &Gateway, symbol: &str) -> BTreeSet<String> {
    let Told::FileDescriptorResponse(files) =
        told(gateway, Asked::FileContainingSymbol(symbol.to_owned())).await.unwrap()
    else {
        panic!("`{symbol}` is not known");
    };
    let file = FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap();
    file.message_type.into_iter().filter_map(|message| message.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn services_and_messages_are_told_to_everybody() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let Told::ListServicesResponse(list) = told(&gateway, Asked::ListServices(String::new())).await.unwrap()
    else {
        panic!("no list");
    };
    let services: BTreeSet<_> = list.service.into_iter().map(|service| service.name).collect();
    for service in [FLIGHT, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"] {
        assert!(services.contains(service), "{service}: {services:?}");
    }
    assert!(messages(&gateway, FLIGHT).await.contains("FlightDescriptor"));
    let sql = messages(&gateway, "arrow.flight.protocol.sql.CommandStatementQuery").await;
    assert!(sql.contains("CommandGetTables"));

    // Older tools know the older version only.
    let channel = Endpoint::new(format!("http://{}", gateway.address())).unwrap().connect().await.unwrap();
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let answers = client.server_reflection_info(futures::stream::iter([request])).await.unwrap();
    assert!(answers.into_inner().message().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_turned_off() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with("flight.reflection = false"));
    let refused = told(&gateway, Asked::ListServices(String::new())).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
}
