//! Cubes and views without GROUP BY: one row per row of the join.

use chrono_tz::Tz;
use datafusion::{
    common::DataFusionError,
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
};
use semantic::{
    Column, ColumnKind, Filter, Grouping, MeasureType, MemberName, Model, Output, SemanticQuery,
    template::Piece,
};

use super::leaf_column;
use crate::{catalog::SemanticTable, error::PlanError, leaf::LeafSource};

/// The leaf for a scan that nothing grouped; `None` for other nodes.
pub(super) fn scan(node: &LogicalPlan, zone: Tz) -> Result<Option<LogicalPlan>, DataFusionError> {
    let Some(table) = SemanticTable::of(node) else { return Ok(None) };
    if table.table().is_repeated() {
        return Err(PlanError::RowsOfJoin(table.table().name.to_string()).into());
    }
    let query = SemanticQuery {
        outputs: node
            .schema()
            .fields()
            .iter()
            .filter_map(|field| table.table().column(field.name()))
            .map(output)
            .collect(),
        filter: Filter::always(),
        having: Filter::always(),
        order: Vec::new(),
        limit: None,
        offset: 0,
        grouping: Grouping::Ungrouped,
        unrolled: false,
        zone,
    };
    let leaf = LeafSource::new(table.model().clone(), query)?.scan()?;
    // Above, the columns go by the table's name.
    let columns = node.schema().iter().map(|(qualifier, field)| {
        leaf_column(field.name()).alias_qualified(qualifier.cloned(), field.name())
    });
    LogicalPlanBuilder::from(leaf).project(columns)?.build().map(Some)
}

pub(super) fn output(column: &Column) -> Output {
    let member = column.member.clone();
    match column.kind {
        ColumnKind::Measure(_) => Output::Measure(member),
        ColumnKind::Dimension(_) => Output::Dimension(member),
        ColumnKind::Segment => Output::Segment(member),
    }
}

/// True when a measure has a value for a single row.
pub(crate) fn has_row_value(measure: &MemberName, model: &Model) -> bool {
    let source = model.column(measure).map_or(measure, |column| &column.source.member);
    let Some(definition) = model.measure(source) else { return false };
    if definition.is_rolling() || definition.is_multi_stage() {
        return false;
    }
    match definition.kind {
        MeasureType::Count | MeasureType::Sum | MeasureType::Avg | MeasureType::Min | MeasureType::Max => {
            true
        }
        MeasureType::CountDistinct
        | MeasureType::CountDistinctApprox
        | MeasureType::NumberAgg
        | MeasureType::Rank
        | MeasureType::RunningTotal => false,
        // SQL that names columns itself aggregates by itself.
        MeasureType::Number | MeasureType::String | MeasureType::Time | MeasureType::Boolean => {
            let pieces = definition.sql.iter().flat_map(|sql| &sql.pieces);
            let mut names_measure = false;
            let own = pieces.into_iter().all(|piece| match piece {
                Piece::Text(_) => true,
                Piece::Member { member, .. } => {
                    names_measure = true;
                    has_row_value(member, model)
                }
                Piece::Table(_) | Piece::Source(_) | Piece::Context(_) => false,
            });
            own && names_measure
        }
    }
}
