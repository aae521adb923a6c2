//! Cubes that a statement joins to each other become one table, if that is a join of the data model.
//!
//! `ON a.__cubeJoinField = b.__cubeJoinField` leaves everything to the model, whose joins keep the rows of the cube that
//! they begin at. A condition that is the model's own means what it says besides: INNER drops rows that find no other.
//! Rows of other joins are joined above their leaves.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    common::{
        Column, JoinType,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{
        Aggregate, BinaryExpr, Expr, LogicalPlan, LogicalPlanBuilder, Operator,
        utils::{conjunction, split_conjunction},
    },
};
use semantic::{
    MemberName, Model,
    model::{JoinHint, Joined},
};

use crate::{
    catalog::SemanticTable,
    error::{PlanError, Result},
    used::Used,
};

/// The virtual column of every cube that stands for its joins.
pub(crate) const JOIN_FIELD: &str = "__cubeJoinField";

/// The name of the scan of joined cubes.
const JOINED: &str = "joined";

/// Replaces joins of cubes, and lets the model have their columns.
pub(crate) fn fold(plan: LogicalPlan, model: &mut Arc<Model>, used: &Used) -> Result<LogicalPlan> {
    let folded = plan.transform_down_with_subqueries(|node| match node {
        LogicalPlan::Aggregate(aggregate) => {
            let input = grouped(Arc::unwrap_or_clone(aggregate.input), model)?;
            let aggregate = Aggregate::try_new_with_schema(
                Arc::new(input.data),
                aggregate.group_expr,
                aggregate.aggr_expr,
                aggregate.schema,
            )?;
            Ok(Transformed::new(
                LogicalPlan::Aggregate(aggregate),
                input.transformed,
                TreeNodeRecursion::Continue,
            ))
        }
        node => replaced(node, model, false),
    })?;
    if !used.names(JOIN_FIELD) {
        return if folded.transformed { recomputed(folded.data) } else { Ok(folded.data) };
    }
    let bare = folded.data.transform_down_with_subqueries(|node| match SemanticTable::of(&node) {
        Some(table) => Ok(Transformed::yes(without_join_field(&node, table)?)),
        None => Ok(Transformed::no(node)),
    })?;
    check_left(&bare.data)?;
    recomputed(bare.data)
}

/// What stands below an aggregate, down to the join that it groups.
fn grouped(
    input: LogicalPlan,
    model: &mut Arc<Model>,
) -> datafusion::common::Result<Transformed<LogicalPlan>> {
    input.transform_down(|node| match node {
        node @ (LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_)) => Ok(Transformed::no(node)),
        node @ (LogicalPlan::Filter(_) | LogicalPlan::Join(_)) => replaced(node, model, true),
        node => Ok(Transformed::new(node, false, TreeNodeRecursion::Jump)),
    })
}

/// One table in place of a join, where the node is one of cubes.
fn replaced(
    node: LogicalPlan,
    model: &mut Arc<Model>,
    grouped: bool,
) -> datafusion::common::Result<Transformed<LogicalPlan>> {
    let region = match &node {
        LogicalPlan::Filter(_) | LogicalPlan::Join(_) => Region::of(&node),
        _ => None,
    };
    match region.map(|region| region.replaced(model, grouped)).transpose()?.flatten() {
        Some(table) => Ok(Transformed::new(table, true, TreeNodeRecursion::Jump)),
        None => Ok(Transformed::no(node)),
    }
}

fn recomputed(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan.transform_up_with_subqueries(|node| Ok(Transformed::yes(node.recompute_schema()?)))?.data)
}

fn without_join_field(node: &LogicalPlan, table: &SemanticTable) -> datafusion::common::Result<LogicalPlan> {
    let LogicalPlan::TableScan(scan) = node else { return Ok(node.clone()) };
    let fields = node.schema().fields().iter().filter(|field| field.name() != JOIN_FIELD).cloned();
    let bare = SemanticTable::with_fields(table.model().clone(), table.name().clone(), fields.collect());
    LogicalPlanBuilder::scan(scan.table_name.clone(), Arc::new(bare), None)?.build()
}

fn check_left(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| match expr {
                Expr::Column(column) if column.name == JOIN_FIELD => Err(PlanError::JoinField.into()),
                _ => Ok(TreeNodeRecursion::Continue),
            })
        })
    })?;
    Ok(())
}

/// Cubes with nothing but joins and conditions between them.
struct Region<'p> {
    sides: Vec<Side<'p>>,
    ties: BTreeMap<[usize; 2], Tie<'p>>,
    /// The pairs of sides that are tied, in the order of the text.
    order: Vec<[usize; 2]>,
    /// What is tested on the joined rows.
    filters: Vec<Expr>,
    /// Why it is no join of the model.
    wrong: Option<PlanError>,
}

/// A cube as the statement names it.
struct Side<'p> {
    plan: &'p LogicalPlan,
    cube: Arc<str>,
    model: &'p Arc<Model>,
}

/// What connects two sides.
#[derive(Default)]
struct Tie<'p> {
    /// Whatever the model says.
    as_declared: bool,
    /// Columns that are equal, that of the earlier side first.
    equal: Vec<[&'p Column; 2]>,
    /// The side whose rows are all kept; `None` where those without partner are dropped.
    kept: Option<usize>,
}

impl<'p> Region<'p> {
    fn of(plan: &'p LogicalPlan) -> Option<Self> {
        match plan {
            LogicalPlan::Join(join) => {
                let (left, right) = (Self::of(&join.left)?, Self::of(&join.right)?);
                let dropped = match join.join_type {
                    JoinType::Left => Some(&right),
                    JoinType::Right => Some(&left),
                    _ => None,
                };
                let drops = dropped.is_some_and(|region| !region.drops_nothing());
                let mut region = left.beside(right);
                if drops {
                    region.refuse("an outer join to cubes that are joined by conditions of their own");
                }
                let on = join.on.iter().map(|(left, right)| (left, right));
                let tested = join.filter.iter().flat_map(split_conjunction);
                region.add(on, tested, join.join_type);
                Some(region)
            }
            LogicalPlan::Filter(filter) => {
                let mut region = Self::of(&filter.input).filter(|region| region.sides.len() > 1)?;
                region.add(std::iter::empty(), split_conjunction(&filter.predicate), JoinType::Inner);
                Some(region)
            }
            _ => Side::of(plan).map(|side| Self {
                sides: vec![side],
                ties: BTreeMap::new(),
                order: Vec::new(),
                filters: Vec::new(),
                wrong: None,
            }),
        }
    }

    fn refuse(&mut self, what: &str) {
        self.wrong.get_or_insert_with(|| PlanError::Unsupported(what.to_owned()));
    }

    fn drops_nothing(&self) -> bool {
        self.filters.is_empty() && self.ties.values().all(|tie| tie.as_declared || tie.kept.is_some())
    }

    fn beside(mut self, other: Self) -> Self {
        let behind = self.sides.len();
        let moved = |[one, other]: [usize; 2]| [one + behind, other + behind];
        self.sides.extend(other.sides);
        self.order.extend(other.order.into_iter().map(moved));
        let ties = other
            .ties
            .into_iter()
            .map(|(sides, tie)| (moved(sides), Tie { kept: tie.kept.map(|side| side + behind), ..tie }));
        self.ties.extend(ties);
        self.filters.extend(other.filters);
        self.wrong = self.wrong.or(other.wrong);
        self
    }

    /// Adds the conditions of a join, or of WHERE.
    fn add(
        &mut self,
        on: impl Iterator<Item = (&'p Expr, &'p Expr)>,
        tested: impl IntoIterator<Item = &'p Expr>,
        kind: JoinType,
    ) {
        let mut equalities: Vec<_> = on.collect();
        let mut others = Vec::new();
        for part in tested {
            match part {
                Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right })
                    if self.tied(left, right).is_some() =>
                {
                    equalities.push((left, right));
                }
                _ => others.push(part.clone()),
            }
        }
        for (left, right) in equalities {
            match self.tied(left, right) {
                Some((sides, columns)) => self.tie(sides, columns, kind),
                None => others.push(left.clone().eq(right.clone())),
            }
        }
        if kind != JoinType::Inner && !others.is_empty() {
            self.refuse("a condition of an outer join of cubes beside the join of the data model");
        }
        self.filters.extend(others);
    }

    fn tie(&mut self, sides: [usize; 2], columns: [&'p Column; 2], kind: JoinType) {
        let kept = match kind {
            JoinType::Inner => None,
            JoinType::Left => Some(sides[0]),
            JoinType::Right => Some(sides[1]),
            _ => {
                self.refuse("FULL JOIN of cubes");
                None
            }
        };
        if !self.order.contains(&sides) {
            self.order.push(sides);
        }
        let tie = self.ties.entry(sides).or_insert_with(|| Tie { kept, ..Tie::default() });
        // WHERE drops what an outer join has kept.
        tie.kept = tie.kept.and(kept);
        if columns.iter().all(|column| column.name == JOIN_FIELD) {
            tie.as_declared = true;
        } else {
            tie.equal.push(columns);
        }
    }

    /// The two sides that an equality of columns is about, the earlier one first.
    fn tied(&self, left: &'p Expr, right: &'p Expr) -> Option<([usize; 2], [&'p Column; 2])> {
        let (Expr::Column(left), Expr::Column(right)) = (left, right) else { return None };
        let side = |column: &Column| self.sides.iter().position(|side| side.plan.schema().has_column(column));
        let (one, other) = (side(left)?, side(right)?);
        match one.cmp(&other) {
            std::cmp::Ordering::Less => Some(([one, other], [left, right])),
            std::cmp::Ordering::Greater => Some(([other, one], [right, left])),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// One table in place of all; `None` where the statement does not ask for the model's join and writes another.
    fn replaced(self, model: &mut Arc<Model>, grouped: bool) -> Result<Option<LogicalPlan>> {
        let asked = self.ties.values().any(|tie| tie.as_declared);
        if !asked && (self.order.is_empty() || self.wrong.is_some()) {
            return Ok(None);
        }
        let rows = |joining: &Model, joined: &Joined| {
            joining.table(&joined.root).is_some_and(semantic::Table::is_repeated) && !grouped
        };
        match self.joining(model) {
            Err(_) if !asked => Ok(None),
            Err(error) => Err(error),
            // Rows that a join repeats are joined above their leaves.
            Ok((joining, joined, _)) if !asked && rows(&joining, &joined) => Ok(None),
            Ok((joining, joined, matched)) => {
                *model = Arc::new(joining);
                self.table(model.clone(), &joined, matched).map(Some)
            }
        }
    }

    /// The model with the columns of all sides, the joins, and the tests that drop rows which found no other.
    fn joining(&self, model: &Model) -> Result<(Model, Joined, Vec<Expr>)> {
        if let Some(Side { cube, .. }) = self.untied() {
            let other = self.sides.iter().find(|side| side.cube != *cube);
            return Err(PlanError::Join(cube.to_string(), other.map_or(cube, |side| &side.cube).to_string()));
        }
        self.check_cubes()?;
        if let Some(PlanError::Unsupported(what)) = &self.wrong {
            return Err(PlanError::Unsupported(what.clone()));
        }
        let no_join = || PlanError::NoJoin(self.sides.iter().map(|side| side.cube.to_string()).collect());
        let cubes = |sides: &[usize; 2]| sides.iter().map(|side| self.sides[*side].cube.clone()).collect();
        let ends = self.sides.iter().map(|side| vec![side.cube.clone()]);
        let hints: Vec<JoinHint> = self.order.iter().map(cubes).chain(ends).collect();
        let joined = Joined::over(model, &hints).ok_or_else(no_join)?;
        let mut tests = Vec::new();
        for sides in &self.order {
            tests.extend(self.matched(*sides, &joined)?);
        }
        Ok((model.joining(&joined).ok_or_else(no_join)?, joined, tests))
    }

    /// A side that no ties connect with the first.
    fn untied(&self) -> Option<&Side<'p>> {
        let mut tied = vec![0];
        for _ in &self.order {
            let next = self.order.iter().flatten().filter(|side| {
                let ties = self.order.iter().filter(|sides| sides.contains(side)).flatten();
                !tied.contains(*side) && ties.into_iter().any(|other| tied.contains(other))
            });
            tied.extend(next.copied().collect::<Vec<_>>());
        }
        (0..self.sides.len()).find(|side| !tied.contains(side)).map(|side| &self.sides[side])
    }

    fn table(self, model: Arc<Model>, joined: &Joined, matched: Vec<Expr>) -> Result<LogicalPlan> {
        let ways = joined.ways();
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for side in &self.sides {
            let way = &ways[&*side.cube];
            for (qualifier, field) in side.plan.schema().iter().filter(|(_, f)| f.name() != JOIN_FIELD) {
                let name = way.column(field.name());
                let column = Expr::Column(Column::new(Some(JOINED), &name));
                columns.push(column.alias_qualified(qualifier.cloned(), field.name()));
                fields.push(Arc::new(field.as_ref().clone().with_name(name)));
            }
        }
        let table = SemanticTable::with_fields(model, joined.root.clone(), fields);
        let mut plan = LogicalPlanBuilder::scan(JOINED, Arc::new(table), None)?.project(columns)?;
        if let Some(predicate) = conjunction(self.filters.into_iter().chain(matched)) {
            plan = plan.filter(predicate)?;
        }
        Ok(plan.build()?)
    }

    /// Only cubes have joins, which never lead to a cube twice.
    fn check_cubes(&self) -> Result<()> {
        for (at, side) in self.sides.iter().enumerate() {
            if let Some(other) = self.sides[..at].iter().find(|other| side.model.cube(&other.cube).is_none())
            {
                return Err(PlanError::Join(other.cube.to_string(), side.cube.to_string()));
            }
            if self.sides[..at].iter().any(|other| other.cube == side.cube) {
                return Err(PlanError::Unsupported(format!("`{}` joined to itself", side.cube)));
            }
        }
        Ok(())
    }

    /// What columns that are written out ask for beside the model's join: equal values, and in a join that drops rows
    /// that there is a row on the other side.
    fn matched(&self, sides: [usize; 2], joined: &Joined) -> Result<Vec<Expr>> {
        let tie = &self.ties[&sides];
        if tie.equal.is_empty() {
            return Ok(Vec::new());
        }
        let [one, other] = sides.map(|side| &self.sides[side]);
        let refused = || PlanError::OtherJoin(one.cube.to_string(), other.cube.to_string());
        let member = |side: &Side<'_>, column: &Column| MemberName::new(&side.cube, &column.name);
        let pairs: Vec<_> = tie.equal.iter().map(|[a, b]| [member(one, a), member(other, b)]).collect();
        let pairs: Vec<_> = pairs.iter().map(|[a, b]| [a, b]).collect();
        let directions = [(one, other, sides[0], 1), (other, one, sides[1], 0)];
        let found = directions.into_iter().find_map(|(from, to, near, far)| {
            let is_edge = |(a, b): &(Arc<str>, Arc<str>)| *a == from.cube && *b == to.cube;
            joined.edges.iter().find(|edge| is_edge(edge))?;
            Some((one.model.joined_by(&from.cube, &to.cube, &pairs)?, near, far))
        });
        let columns_of = |wanted: bool, of_join: &[bool]| {
            let chosen = tie.equal.iter().zip(of_join).filter(move |(_, of_join)| **of_join == wanted);
            chosen.map(|(columns, _)| columns.map(|column| Expr::Column(column.clone()))).collect::<Vec<_>>()
        };
        let equal = |[a, b]: [Expr; 2]| a.eq(b);
        match (found, tie.kept) {
            (Some((of_join, _, far)), None) => {
                let present = columns_of(true, &of_join).swap_remove(0)[far].clone().is_not_null();
                let others = columns_of(false, &of_join).into_iter().map(equal);
                Ok(others.chain([present]).collect())
            }
            (Some((of_join, near, _)), Some(kept)) if near == kept && !of_join.contains(&false) => {
                Ok(Vec::new())
            }
            (None, None) if tie.as_declared => {
                Ok(columns_of(false, &vec![false; pairs.len()]).into_iter().map(equal).collect())
            }
            _ => Err(refused()),
        }
    }
}

impl<'p> Side<'p> {
    fn of(plan: &'p LogicalPlan) -> Option<Self> {
        let scan = match plan {
            LogicalPlan::SubqueryAlias(alias) => &*alias.input,
            plan => plan,
        };
        let table = SemanticTable::of(scan)?;
        Some(Self { plan, cube: table.name().clone(), model: table.model() })
    }
}
