//! The store client against recordings of a real CubeStore and against a scripted server on a real socket.

mod hostile;
mod recordings;
mod store;
mod wire;
