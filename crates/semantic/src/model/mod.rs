//! The data model: cubes, views and what SQL sees of them. Immutable once built.

mod apart;
mod bins;
mod case;
mod cube;
mod dimension;
mod grain;
mod holds;
mod interval;
mod joined;
mod key;
mod measure;
mod member;
mod partner;
mod policy;
mod pre_aggregation;
mod reach;
mod refresh;
mod stored;
mod table;
mod tree;
mod view;
mod window;
mod written;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

pub use apart::{Apart, JoinCut};
pub use bins::{Bins, Cut, NoBins};
pub use case::{Branch, Case, Condition, Else, Label};
pub use cube::{Cube, CubeSource, Hierarchy, Join, Relationship};
pub use dimension::{CalendarShift, Dimension, DimensionType, Formula, Link};
pub use grain::{CustomGranularity, Grain};
pub use holds::{Holds, List, StoredBins};
pub use interval::{Extent, Interval, NotAnInterval};
pub use joined::{JoinHint, Joined};
pub use key::ForeignKey;
pub use measure::{Measure, MeasureType};
pub use member::{About, Direction, Format, Mask, Segment, Sql};
pub use policy::{
    AccessPolicy, Audience, MemberLevel, MemberTest, Members, PolicyCondition, PolicyFilter, RowLevel,
};
pub use pre_aggregation::{PreAggregation, PreAggregationKind, Reference, Spelled, StoredTime};
pub use refresh::{
    Build, Every, Index, IndexColumn, IndexType, NeverRefreshed, OutputColumn, RefreshKey, StreamOffset,
};
pub use stored::underscore;
pub use table::{Column, ColumnKind, Table, TableKind};
pub use tree::{JoinPath, JoinTree};
pub use view::{DefaultFilter, Folder, FolderItem, FolderItems, Include, Includes, View, ViewPart};
pub use window::{RankKey, RollingWindow, ShiftDirection, Stages, TimeShift, WindowBounds, WindowOffset};

use crate::{name::MemberName, types::ArrowType};

/// A data model. Two models with the same version are the same.
#[derive(Debug, Clone)]
pub struct Model {
    version: ModelVersion,
    identity: ModelVersion,
    cubes: Arc<IndexMap<Arc<str>, Cube>>,
    views: Arc<IndexMap<Arc<str>, View>>,
    tables: Arc<IndexMap<Arc<str>, Table>>,
    /// Instead of those of the same name: with columns of the cubes that a statement joins to them.
    joined: HashMap<Arc<str>, Table>,
    shared: Arc<stored::Shared>,
    holds: Arc<HashMap<MemberName, Holds>>,
    holds_staged: bool,
    holds_rules: bool,
}

/// A digest of everything that a model was read from.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelVersion(Arc<str>);

/// A `[types]` entry that fits no member.
#[derive(Debug, thiserror::Error)]
#[error("the model has no member `{0}`")]
pub struct NoSuchMember(pub String);

impl Model {
    pub(crate) fn new(
        version: ModelVersion,
        cubes: IndexMap<Arc<str>, Cube>,
        views: IndexMap<Arc<str>, View>,
    ) -> Self {
        let public_cubes = cubes.values().filter(|cube| cube.public).map(cube_table);
        let public_views = views.values().filter(|view| view.public).map(|view| view.table.clone());
        let tables = public_cubes.chain(public_views).map(|table| (table.name.clone(), table)).collect();
        let shared = Arc::new(stored::shared(&cubes));
        let holds_staged = cubes.values().flat_map(|cube| cube.dimensions.values()).any(Dimension::is_staged);
        let (cubes, views, tables) = (Arc::new(cubes), Arc::new(views), Arc::new(tables));
        let model = Self {
            identity: version.clone(),
            version,
            cubes,
            views,
            tables,
            joined: HashMap::new(),
            shared,
            holds: Arc::default(),
            holds_staged,
            holds_rules: true,
        };
        let holds = model.pre_aggregations().map(|rollup| (rollup.name.clone(), Holds::of(rollup, &model)));
        let holds = Arc::new(holds.collect());
        Self { holds, ..model }
    }

    /// The same model, of which nobody knows what rules there are for rows and members.
    #[cfg(feature = "javascript")]
    pub(crate) fn without_rules(self) -> Self {
        Self { holds_rules: false, ..self }
    }

    /// False when the source of the model does not tell the rules for rows and members.
    pub fn holds_rules(&self) -> bool {
        self.holds_rules
    }

    /// True when some dimension is no property of a row. Known since the model was read.
    pub fn holds_staged(&self) -> bool {
        self.holds_staged
    }

    /// The same model for a caller who is shown only some members.
    pub fn restricted(&self, shows: impl Fn(&MemberName) -> bool) -> Self {
        let tables = self.tables.values().filter_map(|table| table.restricted(&shows));
        let tables: IndexMap<_, _> = tables.map(|table| (table.name.clone(), table)).collect();
        let shown = tables.values().flat_map(Table::columns).map(|column| column.member.to_string());
        Self {
            identity: ModelVersion::of([self.version.to_string()].into_iter().chain(shown)),
            tables: Arc::new(tables),
            joined: HashMap::new(),
            ..self.clone()
        }
    }

    /// The digest of what the model was read from.
    pub fn version(&self) -> &ModelVersion {
        &self.version
    }

    /// The digest of what the model was read from and of what its caller is shown: what caches are keyed by.
    pub fn identity(&self) -> &ModelVersion {
        &self.identity
    }

    /// True for a caller who may not know of every member.
    pub fn is_restricted(&self) -> bool {
        self.identity != self.version
    }

    /// True when some cube or view has an `access_policy`, which decides what a caller is shown, or may have one.
    pub fn has_policies(&self) -> bool {
        !self.holds_rules
            || self.cubes.values().any(Cube::has_policy)
            || self.views.values().any(View::has_policy)
    }

    /// All cubes, in declaration order.
    pub fn cubes(&self) -> impl Iterator<Item = &Cube> {
        self.cubes.values()
    }

    /// A cube by its exact name.
    pub fn cube(&self, name: &str) -> Option<&Cube> {
        self.cubes.get(name)
    }

    /// All views, in declaration order.
    pub fn views(&self) -> impl Iterator<Item = &View> {
        self.views.values()
    }

    /// A view by its exact name.
    pub fn view(&self, name: &str) -> Option<&View> {
        self.views.get(name)
    }

    /// What SQL sees, in declaration order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// A table by its exact name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.joined.get(name).or_else(|| self.tables.get(name))
    }

    /// A column by its member name.
    pub fn column(&self, member: &MemberName) -> Option<&Column> {
        self.table(member.table())?.column(member.member())
    }

    /// A cube's own measure, public or not.
    pub fn measure(&self, member: &MemberName) -> Option<&Measure> {
        self.cube(member.table())?.measures.get(member.member())
    }

    /// A cube's own dimension, public or not.
    pub fn dimension(&self, member: &MemberName) -> Option<&Dimension> {
        self.cube(member.table())?.dimensions.get(member.member())
    }

    /// A granularity that a cube's time dimension declares, unless it replaces a standard one.
    pub fn granularity(&self, time: &MemberName, name: &str) -> Option<&CustomGranularity> {
        self.dimension(time)?.own_granularities().find(|own| *own.name == *name)
    }

    /// A cube's own segment, public or not.
    pub fn segment(&self, member: &MemberName) -> Option<&Segment> {
        self.cube(member.table())?.segments.get(member.member())
    }

    /// The declared join from one cube to another.
    pub fn join(&self, from: &str, to: &str) -> Option<&Join> {
        self.cube(from)?.joins.iter().find(|join| *join.to == *to)
    }

    /// Every pre-aggregation, by cube and in declaration order.
    pub fn pre_aggregations(&self) -> impl Iterator<Item = &PreAggregation> {
        self.cubes.values().flat_map(|cube| &cube.pre_aggregations)
    }

    /// A pre-aggregation by name.
    pub fn pre_aggregation(&self, name: &MemberName) -> Option<&PreAggregation> {
        self.cube(name.table())?.pre_aggregations.iter().find(|p| p.name == *name)
    }

    /// The model with some members' types narrowed, as the `[types]` section of the configuration says.
    pub fn with_types(self, types: &BTreeMap<String, ArrowType>) -> Result<Self, NoSuchMember> {
        if types.is_empty() {
            return Ok(self);
        }
        let Self { version, cubes, views, holds_rules, .. } = self;
        let (mut cubes, mut views) = (Arc::unwrap_or_clone(cubes), Arc::unwrap_or_clone(views));
        for (name, data_type) in types {
            let found = set_type(&mut cubes, &mut views, name, *data_type);
            found.ok_or_else(|| NoSuchMember(name.clone()))?;
        }
        let types = types.iter().map(|(name, data_type)| format!("{name}={data_type}"));
        let typed = Self::new(ModelVersion::of(types.chain([version.to_string()])), cubes, views);
        Ok(Self { holds_rules, ..typed })
    }
}

fn set_type(
    cubes: &mut IndexMap<Arc<str>, Cube>,
    views: &mut IndexMap<Arc<str>, View>,
    name: &str,
    data_type: ArrowType,
) -> Option<()> {
    let member = MemberName::parse(name).ok()?;
    let cube = cubes.get_mut(member.table())?;
    let about = match cube.dimensions.get_mut(member.member()) {
        Some(dimension) => &mut dimension.about,
        None => &mut cube.measures.get_mut(member.member())?.about,
    };
    about.set_arrow_type(data_type);
    for view in views.values_mut() {
        view.table = retyped(&view.table, &member, data_type);
    }
    Some(())
}

fn retyped(table: &Table, member: &MemberName, data_type: ArrowType) -> Table {
    let columns =
        table.columns().iter().cloned().map(|column| {
            if column.source.member == *member { Column { data_type, ..column } } else { column }
        });
    table.with_columns(columns.collect())
}

fn cube_table(cube: &Cube) -> Table {
    let about =
        About { title: cube.title.clone(), description: cube.description.clone(), ..About::default() };
    let path = JoinPath::root(&cube.name);
    let columns =
        cube_columns(cube, &path, &cube.name).filter(|(column, public)| *public && column.is_shown());
    Table::new(cube.name.clone(), TableKind::Cube, &about, columns.map(|(column, _)| column).collect())
}

/// The members of `cube` as columns of `table`, reached along `path`, and whether each is public.
pub(crate) fn cube_columns<'a>(
    cube: &'a Cube,
    path: &'a JoinPath,
    table: &'a str,
) -> impl Iterator<Item = (Column, bool)> + 'a {
    let column = move |member: &MemberName, kind, data_type: ArrowType, about: &About, primary_key| {
        let column = Column {
            member: MemberName::new(table, member.member()),
            kind,
            source: Reference::new(path.clone(), member.clone()),
            data_type: about.arrow_type.unwrap_or(data_type),
            title: about.title.clone(),
            description: about.description.clone(),
            primary_key,
            granularities: Arc::default(),
        };
        (column, about.public)
    };
    let measures = cube
        .measures
        .values()
        .map(move |m| column(&m.name, ColumnKind::Measure(m.kind), m.kind.arrow_type(), &m.about, false));
    let dimensions = cube.dimensions.values().map(move |d| {
        let (column, public) =
            column(&d.name, ColumnKind::Dimension(d.kind), d.kind.arrow_type(), &d.about, d.primary_key);
        (
            Column { granularities: d.own_granularities().map(|own| own.name.clone()).collect(), ..column },
            public,
        )
    });
    let segments = cube
        .segments
        .values()
        .map(move |s| column(&s.name, ColumnKind::Segment, ArrowType::Boolean, &s.about, false));
    measures.chain(dimensions).chain(segments)
}

impl ModelVersion {
    /// A digest over texts, in order.
    pub fn of(texts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut digest = Sha256::new();
        for text in texts {
            digest.update((text.as_ref().len() as u64).to_le_bytes());
            digest.update(text.as_ref());
        }
        let hex: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(hex.into())
    }

    /// The digest in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
