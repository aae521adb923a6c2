//! The way of a query, each stage once and in order; none calls back.

use std::{sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cubestore::{Budget, Chunk};
use datafusion::{
    arrow::{
        array::RecordBatch,
        datatypes::{Schema, SchemaRef},
    },
    common::ScalarValue,
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use preagg::Dialect;
use semantic::{Model, RowRules};
use sql::{Plan, StatementKind};
use tokio::task::JoinSet;

use crate::{
    adapt::{adapted, columns_of_leaf},
    admission::{Admission, Permit},
    caller::Caller,
    config::Config,
    error::{EngineError, Result},
    explain,
    leaf::{self, LeafPlanner, QueryContext, Rows},
    metrics::{self, Ended},
    models::Models,
    own::{Asked, History},
    parts::{self, Division, Part},
    physical::Physical,
    roads::{Guide, Road, Roads, RoutedLeaf},
    statements::{Known, Statements},
    stream::{BatchStream, Origin, Times},
    tables::TableList,
    temporary::{Ingest, Place, Target, Temporary},
};

/// What an engine is built from.
pub struct Parts {
    /// Its settings.
    pub config: Config,
    /// The data model of the files.
    pub model: Arc<Model>,
    /// The store, if there is one.
    pub store: Option<cubestore::Client>,
    /// Cube's API, if there is one.
    pub cube: Option<cube_api::Client>,
    /// The memory that everything shares.
    pub budget: Budget,
}

/// Answers statements. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// What queries share.
pub(crate) struct Shared {
    pub(crate) store: Option<cubestore::Client>,
    pub(crate) cube: Option<cube_api::Client>,
    pub(crate) tables: Arc<TableList>,
    pub(crate) history: Arc<History>,
    pub(crate) physical: Physical,
    pub(crate) budget: Budget,
    pub(crate) temporary: Arc<Temporary>,
    models: Models,
    statements: Statements,
    admission: Admission,
    rules: RowRules,
    pub(crate) config: Config,
    /// What goes on between queries; it ends with this value.
    _tasks: JoinSet<()>,
}

/// A statement to run.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Its text.
    pub sql: Arc<str>,
    /// One row with a column per parameter; `None` when it has none.
    pub parameters: Option<RecordBatch>,
    /// The zone whose clock its times show.
    pub zone: Tz,
    /// The moment that `now()` is.
    pub now: DateTime<Utc>,
    /// What logs and Cube know it by.
    pub request_id: Arc<str>,
    /// How long it may take; the engine's own limit when that is shorter or none is given.
    pub timeout: Option<std::time::Duration>,
    /// The roads that it may take.
    pub roads: Roads,
    /// The part of its answer that is asked for; all of it when there is none.
    pub part: Option<Part>,
}

/// What is known of a statement before it runs.
#[derive(Debug, Clone)]
pub struct Description {
    /// The schema of its rows.
    pub schema: SchemaRef,
    /// One nullable field per parameter.
    pub parameters: SchemaRef,
    /// Whether its rows come in an order that it asks for.
    pub ordered: bool,
    /// Whether it reads temporary tables, which are its session's alone.
    pub reads_temporary: bool,
}

/// What a statement would do now.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// The road that it would take.
    pub road: &'static str,
    /// The parts that its answer can be read in; none when it is read as a whole.
    pub parts: Vec<Part>,
}

/// An answer that has begun.
struct Begun {
    schema: SchemaRef,
    road: Arc<Road>,
    /// When its plan was made.
    planned: Instant,
    rows: BoxStream<'static, Result<Chunk>>,
}

/// A query that runs, and what it runs under.
struct Started {
    begun: Begun,
    deadline: tokio::time::Instant,
    limit: std::time::Duration,
    permit: Permit,
    /// When its turn came.
    entered: Instant,
}

impl Engine {
    /// Reads the list of tables and gets ready.
    pub async fn new(parts: Parts) -> Result<Self> {
        let Parts { config, model, store, cube, budget } = parts;
        let rules = config.access.row_rules();
        let mut tasks = JoinSet::new();
        let shared = Shared {
            models: Models::new(model, &config.access, cube.clone()),
            store,
            cube,
            tables: TableList::open(&config.tables, &mut tasks).await?,
            physical: Physical::new(budget.clone())?,
            history: Arc::default(),
            temporary: Temporary::open(&config.node, &config.temporary, &budget, &mut tasks),
            statements: Statements::new(),
            admission: Admission::new(&config.limits),
            budget,
            rules,
            config,
            _tasks: tasks,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The zone of statements that ask for none.
    pub fn timezone(&self) -> Tz {
        self.shared.config.timezone
    }

    /// The data model as the caller may see it.
    pub async fn model(&self, caller: &Caller) -> Result<Arc<Model>> {
        let limit = self.shared.config.limits.query_timeout;
        self.shared.models.of(caller, tokio::time::Instant::now() + limit).await
    }

    /// The columns and parameters of a statement. Nothing runs.
    pub async fn describe(&self, sql: &str, caller: &Caller) -> Result<Description> {
        let model = self.model(caller).await?;
        let known = self.shared.statements.get(sql, &model, &self.shared.temporary.of(caller))?;
        self.shared.statements.check(&known, self.timezone())?;
        let statement = &known.statement;
        let schema = match statement.kind {
            StatementKind::Query => statement.schema.clone(),
            StatementKind::Explain => explain::schema(),
        };
        let (parameters, ordered) = (statement.parameters.clone(), statement.ordered);
        Ok(Description { schema, parameters, ordered, reads_temporary: statement.reads_temporary })
    }

    /// What a statement would do now. Nothing runs.
    pub async fn outlook(&self, ask: &Ask, caller: &Caller, division: Division) -> Result<Outlook> {
        let model = self.model(caller).await?;
        let known = self.shared.statements.get(&ask.sql, &model, &self.shared.temporary.of(caller))?;
        if known.statement.kind == StatementKind::Explain {
            return Ok(Outlook { road: Road::none().name(), parts: Vec::new() });
        }
        let plan = self.plan(&known, ask)?;
        let leaves = self.routed(&plan, &known.statement.model, caller, ask.roads)?;
        Ok(Outlook { road: Road::of(&leaves).name(), parts: parts::divided(&plan, &leaves, division) })
    }

    /// Runs a statement. When this returns, the first rows of a leaf with nothing above it are known to be good; a
    /// plan above leaves begins when its stream is read.
    pub async fn execute(&self, ask: &Ask, caller: &Caller) -> Result<BatchStream> {
        let started = Instant::now();
        let mut asked = Asked::new(caller, &ask.request_id, &ask.sql, Utc::now());
        let result = self.started(ask, caller, &mut asked).await;
        let history = self.shared.history.clone();
        match result {
            Ok(Started {
                begun: Begun { schema, road, planned, rows },
                deadline,
                limit,
                permit,
                entered,
            }) => {
                let (request_id, entry) = (ask.request_id.clone(), (history, asked));
                let times = Times { started, entered, planned };
                let origin = Origin { road, request_id, entry, times, deadline, limit, permit };
                Ok(BatchStream::new(schema, rows, origin))
            }
            Err(error) => {
                metrics::failed(error.code());
                let (request_id, took) = (&*ask.request_id, started.elapsed());
                let ended = Ended { road: "none", status: "error", took, rows: 0, bytes: 0 };
                ended.record();
                history.add(asked, ended);
                tracing::warn!(request_id, error = error.detail(), "a query could not start");
                Err(error)
            }
        }
    }

    async fn started(&self, ask: &Ask, caller: &Caller, asked: &mut Asked) -> Result<Started> {
        let limit = self.time_limit(ask.timeout);
        let deadline = tokio::time::Instant::now() + limit;
        let permit = self.shared.admission.enter(deadline).await?;
        let entered = Instant::now();
        let begun = tokio::time::timeout_at(deadline, self.begin(ask, caller, deadline, asked)).await;
        let begun = begun.unwrap_or(Err(EngineError::Deadline(limit)))?;
        Ok(Started { begun, deadline, limit, permit, entered })
    }

    /// The straight line itself.
    async fn begin(
        &self,
        ask: &Ask,
        caller: &Caller,
        deadline: tokio::time::Instant,
        asked: &mut Asked,
    ) -> Result<Begun> {
        let model = self.shared.models.of(caller, deadline).await?;
        let temporary = self.shared.temporary.of(caller);
        let known = self.shared.statements.get(&ask.sql, &model, &temporary)?;
        let (statement, model) = (&known.statement, known.statement.model.clone());
        let plan = self.plan(&known, ask)?;
        let mut leaves = self.routed(&plan, &model, caller, ask.roads)?;
        if let Some(part) = &ask.part {
            // Another replica may have announced it, and have a newer list.
            if !parts::has(part, &plan, &leaves) && self.shared.tables.refresh().await? {
                leaves = self.routed(&plan, &model, caller, ask.roads)?;
            }
            leaves = parts::only(part, &plan, leaves)?;
        }
        let planned = Instant::now();
        leaves.iter().for_each(|leaf| leaf.count_refusals());
        asked.routed(&leaves, model.is_restricted());
        if statement.kind == StatementKind::Explain {
            let rows = explain::explain(&plan, &leaves, &model, &temporary, self.dialect().await)?;
            let rows = futures::stream::iter([Ok(Chunk::Batch(rows))]).boxed();
            return Ok(Begun { schema: explain::schema(), road: Arc::new(Road::none()), planned, rows });
        }
        if ask.roads == Roads::Rollup && !leaves.iter().all(|leaf| leaf.is_rolled_up()) {
            return Err(EngineError::OnlyRollups);
        }
        let road = Arc::new(Road::of(&leaves));
        let (caller, request_id) = (caller.clone(), ask.request_id.clone());
        let (shared, on, is_part) = (self.shared.clone(), road.clone(), ask.part.is_some());
        let roads = ask.roads;
        let is_joined = false;
        let context = QueryContext {
            shared,
            model,
            caller,
            request_id,
            deadline,
            road: on,
            roads,
            temporary,
            is_part,
            is_joined,
        };
        let rows = run(&plan, leaves, Arc::new(context)).await?;
        Ok(Begun { schema: plan.schema, road, planned, rows })
    }

    /// How much runs, waits and is reserved, for the metrics.
    pub fn observe(&self) {
        let admission = &self.shared.admission;
        self.shared.store.iter().for_each(cubestore::Client::observe);
        metrics::load(admission.running(), admission.waiting(), self.shared.budget.used());
        metrics::temporary(self.shared.temporary.load());
    }

    /// The temporary tables of the caller's session; none when they are elsewhere or gone.
    pub fn temporary_tables(&self, caller: &Caller) -> Vec<sql::TemporaryTable> {
        self.shared.temporary.of(caller).all()
    }

    /// Begins to fill a temporary table of the caller's session with rows of these columns.
    pub async fn ingest(&self, target: Target, columns: &Schema, caller: &Caller) -> Result<Ingest> {
        let model = self.model(caller).await?;
        self.shared.temporary.ingest(target, columns, &model, caller)
    }

    /// Whether a session has not ended here.
    pub fn has_session(&self, place: &Place) -> bool {
        self.shared.temporary.has(place)
    }

    /// Drops a temporary table of the caller's session.
    pub fn drop_table(&self, dropped: &sql::Dropped, caller: &Caller) -> Result<()> {
        Ok(self.shared.temporary.drop_table(dropped, caller)?)
    }

    /// Ends the caller's session: its temporary tables are gone.
    pub fn close_session(&self, caller: &Caller) {
        self.shared.temporary.close(caller);
    }

    /// How long a call may take that asks for this.
    pub fn time_limit(&self, asked: Option<std::time::Duration>) -> std::time::Duration {
        let own = self.shared.config.limits.query_timeout;
        asked.map_or(own, |asked| asked.min(own))
    }

    fn plan(&self, known: &Known, ask: &Ask) -> Result<Plan> {
        let values = ask.parameters.as_ref().map(values).transpose()?.unwrap_or_default();
        self.shared.statements.plan(known, &values, ask.zone, ask.now)
    }

    fn routed(
        &self,
        plan: &Plan,
        model: &Model,
        caller: &Caller,
        roads: Roads,
    ) -> Result<Vec<Arc<RoutedLeaf>>> {
        let tables = &self.shared.tables.current();
        let guide = Guide { model, tables, rules: self.shared.rules, context: &caller.context, roads };
        guide.routed(&plan.leaves)
    }

    async fn dialect(&self) -> Dialect {
        let Some(store) = &self.shared.store else { return Dialect { parameters: false } };
        // EXPLAIN also answers when the store does not.
        let parameters = store.capabilities().await.is_ok_and(|store| store.parameters());
        Dialect { parameters }
    }
}

/// The longest batch that is handed on in the store's own encoding.
const MAX_BODY: usize = 2 << 20;

/// Starts the leaves and the plan above them.
async fn run(
    plan: &Plan,
    leaves: Vec<Arc<RoutedLeaf>>,
    context: Arc<QueryContext>,
) -> Result<BoxStream<'static, Result<Chunk>>> {
    let schema = plan.schema.clone();
    let Some((id, columns)) = columns_of_leaf(&plan.logical) else {
        let planner = LeafPlanner::over_roads(context.clone(), leaves);
        let rows = context.shared.physical.run(&plan.logical, planner).await?;
        let adapt = move |batch| adapted(&batch, None, &schema).map(Chunk::Batch);
        return Ok(rows.map(move |batch| adapt(batch?)).boxed());
    };
    let leaf = &leaves[id];
    let max_body = is_as_stored(leaf, &columns, &schema).then_some(MAX_BODY);
    let rows = match leaf::open(&context, leaf, max_body).await? {
        Rows::Store(chunks) => chunks,
        Rows::Batches(batches) => batches.map_ok(Chunk::Batch).boxed(),
    };
    let adapt = move |chunk| match chunk {
        Chunk::Ipc(message) => Ok(Chunk::Ipc(message)),
        Chunk::Batch(batch) => adapted(&batch, Some(&columns), &schema).map(Chunk::Batch),
    };
    Ok(rows.map(move |chunk| adapt(chunk?)).boxed())
}

/// True when the store's answer, column by column, is what was announced.
fn is_as_stored(leaf: &RoutedLeaf, columns: &[usize], announced: &SchemaRef) -> bool {
    let stored = &leaf.leaf.schema;
    columns.iter().copied().eq(0..leaf.leaf.query.outputs.len())
        && stored.fields().iter().zip(announced.fields()).all(|(stored, announced)| {
            stored.data_type() == announced.data_type() && stored.is_nullable() == announced.is_nullable()
        })
}

/// The values of a parameter row.
fn values(row: &RecordBatch) -> Result<Vec<ScalarValue>> {
    let columns = row.columns().iter();
    Ok(columns.map(|column| ScalarValue::try_from_array(column, 0)).collect::<Result<_, _>>()?)
}
