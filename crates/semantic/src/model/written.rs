//! How parts of the model are written down where the author's form differs from the model's.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::{name::MemberName, template::Template};

// A member stands below its cube, which is not named again.
pub(super) fn own_name<S: Serializer>(name: &MemberName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.member())
}

pub(super) fn conditions<S: Serializer>(conditions: &[Template], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Condition<'a> {
        sql: &'a Template,
    }
    serializer.collect_seq(conditions.iter().map(|sql| Condition { sql }))
}

// Members carry their names themselves.
pub(super) fn values<S: Serializer, T: Serialize>(
    members: &IndexMap<Arc<str>, T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(members.values())
}
