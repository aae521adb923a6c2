//! The measurements, one file each.

mod choice;
mod decode;
mod memory;
mod parts;
mod planning;
mod road;
mod small;
mod statements;

pub(crate) use choice::choice;
pub(crate) use decode::decode;
pub(crate) use memory::memory;
pub(crate) use parts::parts;
pub(crate) use planning::planning;
pub(crate) use road::road;
pub(crate) use small::small;
pub(crate) use statements::statements;
