//! The data model as each caller may see it.

use std::sync::Arc;

use cube_api::Call;
use moka::future::Cache;
use semantic::{ContextHash, Cube, MemberName, Model, RowRules, model::View};
use tokio::time::Instant;

use crate::{
    caller::Caller,
    config::Access,
    error::{EngineError, NoApi, Result},
};

const CALLERS: u64 = 1_000;

/// The model of the files, and what Cube shows of it to whom.
pub(crate) struct Models {
    whole: Arc<Model>,
    /// What everybody may see without Cube being asked; `None` when the files say nothing about that.
    for_all: Option<Arc<Model>>,
    /// True when nobody sees more than that.
    complete: bool,
    cube: Option<cube_api::Client>,
    shown: Cache<ContextHash, Arc<Model>>,
}

impl Models {
    pub(crate) fn new(whole: Arc<Model>, access: &Access, cube: Option<cube_api::Client>) -> Self {
        let rules = access.row_rules();
        let complete = rules == RowRules::Model && !whole.has_policies();
        let for_all = (rules == RowRules::Model).then(|| without_policies(&whole));
        let shown = Cache::builder().max_capacity(CALLERS).time_to_live(access.names_ttl).build();
        Self { whole, for_all, complete, cube, shown }
    }

    /// The model with the names that Cube shows to the caller.
    pub(crate) async fn of(&self, caller: &Caller, deadline: Instant) -> Result<Arc<Model>> {
        if let Some(model) = &self.for_all
            && (self.complete || self.cube.is_none() || caller.credential.is_none())
        {
            return Ok(model.clone());
        }
        let asked = self.shown.try_get_with(caller.context.hash(), self.ask(caller, deadline));
        asked.await.map_err(|error: Arc<EngineError>| (*error).clone())
    }

    async fn ask(&self, caller: &Caller, deadline: Instant) -> Result<Arc<Model>> {
        let cube = self.cube.as_ref().ok_or(EngineError::NoRoad(NoApi::NotConfigured))?;
        let credential = caller.credential.as_deref().ok_or(EngineError::NoRoad(NoApi::NoCredential))?;
        let call = Call { credential, request_id: "", deadline };
        let visible = cube.visible_members(call).await?;
        Ok(Arc::new(self.whole.restricted(|member: &MemberName| visible.contains(member))))
    }
}

/// The model without everything that a policy has a say in.
fn without_policies(model: &Arc<Model>) -> Arc<Model> {
    if !model.has_policies() {
        return model.clone();
    }
    let is_free = |member: &MemberName| {
        let cubes = model.column(member).map(|column| column.source.path.cubes()).unwrap_or_default();
        let has_policy = |cube: &Arc<str>| model.cube(cube).is_none_or(Cube::has_policy);
        !model.view(member.table()).is_some_and(View::has_policy) && !cubes.iter().any(has_policy)
    };
    Arc::new(model.restricted(is_free))
}
