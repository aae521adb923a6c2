//! Who a query is run for.

use std::{fmt, sync::Arc};

use semantic::SecurityContext;

use crate::temporary::Place;

/// A verified caller, as the engine needs to know them.
#[derive(Clone)]
pub struct Caller {
    /// The name that logs show.
    pub principal: Arc<str>,
    /// The verified claims.
    pub context: SecurityContext,
    /// What Cube's API is asked with on the caller's behalf; without it that road is closed.
    pub credential: Option<Arc<str>>,
    /// Where the temporary tables of their session are, if it has any.
    pub place: Option<Place>,
}

// The credential is not for logs.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("principal", &self.principal).field("context", &self.context).finish()
    }
}
