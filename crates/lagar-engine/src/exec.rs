//! A segment as a node of a DataFusion plan: the same function that a local run drives directly.
//!
//! The node's whole state is a [`SegmentSpec`], plain JSON with operator names and parameters, so
//! that another process can rebuild it from the registry. A cluster's codec
//! (`PhysicalExtensionCodec`) has nothing more to do than to carry those bytes.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_common::{DataFusionError, Result};
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion_physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties,
};
use futures::StreamExt as _;
use lagar_core::diagnostic::SourceText;
use lagar_core::{Batch, Digest, RowKeys};
use lagar_ops::picture::Pictures;
use lagar_ops::text::CutTexts;
use lagar_ops::{Common, Context, Models, NoModels, Operator, Tokens};
use lagar_recipe::{Node, OpCall};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::models::supply;
use crate::plan::pieces_operators;
use crate::segment::{self, Kept, Travel};

/// Everything a segment is, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentSpec {
    /// The row-local operators, in order.
    pub operators: Vec<OperatorSpec>,
    /// Names of the fields.
    pub keys: RowKeys,
    /// Special tokens.
    pub tokens: Tokens,
    /// The run's seed.
    pub seed: u64,
    /// The folder that relative picture paths start from.
    pub folder: PathBuf,
    /// Whether pictures that are cut off in their data are good enough.
    pub accept_truncated: bool,
}

/// An operator as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSpec {
    /// Its name in the registry.
    pub name: String,
    /// Its own parameters, all of them.
    pub parameters: Value,
    /// The parameters every operator has.
    pub common: Common,
}

impl SegmentSpec {
    /// The spec as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The spec that [`SegmentSpec::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(external)
    }

    fn build(&self, models: &dyn Models) -> Result<Vec<(usize, Arc<Operator>)>> {
        let make = |(index, spec): (usize, &OperatorSpec)| {
            // JSON is YAML; the way through a recipe's reader keeps one way of making operators.
            let source = SourceText::new(&spec.name, spec.parameters.to_string());
            let wrong = |text: String| DataFusionError::Plan(format!("{}: {text}", spec.name));
            let params = Node::parse(&source).map_err(|error| wrong(error.render(false)))?;
            let name_location = params.location.clone();
            let call = OpCall { name: spec.name.clone(), name_location, params };
            let (mut operator, _) = Operator::from_call(&call).map_err(|errors| {
                let texts: Vec<String> = errors.iter().map(|error| error.render(false)).collect();
                wrong(texts.join("\n"))
            })?;
            operator.common = spec.common.clone();
            supply(&mut operator, models).map_err(external)?;
            Ok((index, Arc::new(operator)))
        };
        self.operators.iter().enumerate().map(make).collect()
    }
}

impl OperatorSpec {
    /// The operator as plain data.
    pub fn of(operator: &Operator) -> Self {
        Self {
            name: operator.name().to_owned(),
            parameters: operator.parameters.clone(),
            common: operator.common.clone(),
        }
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The node: rows in the layout of [`Batch::to_record_batch`] in, rows out.
///
/// Rows an operator cannot work on fail the plan here; putting them aside with a reason needs the
/// run folder, which is the local driver's.
#[derive(Debug)]
pub struct SegmentExec {
    spec: SegmentSpec,
    operators: Arc<Vec<(usize, Arc<Operator>)>>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl SegmentExec {
    /// A segment over `input` whose operators ask no models.
    ///
    /// # Errors
    /// When an operator is not in the registry or asks a model, or the input has not the columns of
    /// a batch.
    pub fn new(spec: SegmentSpec, input: Arc<dyn ExecutionPlan>) -> Result<Self> {
        Self::with_models(spec, input, &NoModels)
    }

    /// A segment over `input` whose operators get their models from `models`. A model's name is part
    /// of the spec, the model is not: each process finds its own.
    ///
    /// # Errors
    /// When an operator is not in the registry, a model cannot be loaded, or the input has not the
    /// columns of a batch.
    pub fn with_models(
        spec: SegmentSpec,
        input: Arc<dyn ExecutionPlan>,
        models: &dyn Models,
    ) -> Result<Self> {
        let operators = Arc::new(spec.build(models)?);
        Self::over(spec, operators, input)
    }

    fn over(
        spec: SegmentSpec,
        operators: Arc<Vec<(usize, Arc<Operator>)>>,
        input: Arc<dyn ExecutionPlan>,
    ) -> Result<Self> {
        // Which columns come out follows from sending no rows through.
        let empty = RecordBatch::new_empty(input.schema());
        let schema = work(&spec, &operators, &empty)?.schema();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            input.output_partitioning().clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self { spec, operators, input, properties: Arc::new(properties) })
    }

    /// The node's state, for a codec.
    pub fn spec(&self) -> &SegmentSpec {
        &self.spec
    }
}

fn work(
    spec: &SegmentSpec,
    operators: &[(usize, Arc<Operator>)],
    rows: &RecordBatch,
) -> Result<RecordBatch> {
    let pictures = Pictures::new(&spec.folder).with_accept_truncated(spec.accept_truncated);
    let cuts = &CutTexts::shared_by(pieces_operators(operators));
    let (keys, tokens, pictures) = (&spec.keys, &spec.tokens, &pictures);
    let context = Context { keys, tokens, seed: spec.seed, pictures, cuts, suffix: "" };
    let batch = Batch::from_record_batch(rows).map_err(external)?;
    let mut travel = Travel::new(batch, Digest::of(&spec.to_bytes()), 0);
    let steps = segment::run(&mut travel, operators, &Kept::new(), &context, None);
    let steps = steps.map_err(external)?;
    if let Some(count) = steps.counts.iter().find(|count| count.quarantined > 0) {
        let name = operators[count.index].1.name();
        let bad = count.quarantined;
        return Err(DataFusionError::Execution(format!("{bad} rows cannot be read by {name}")));
    }
    travel.batch.to_record_batch().map_err(external)
}

impl DisplayAs for SegmentExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.operators.iter().map(|(_, o)| o.name()).collect();
        write!(f, "SegmentExec: {}", names.join(", "))
    }
}

impl ExecutionPlan for SegmentExec {
    fn name(&self) -> &'static str {
        "SegmentExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _apply: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children
            .into_iter()
            .next()
            .ok_or_else(|| DataFusionError::Plan("a segment needs an input".to_owned()))?;
        Ok(Arc::new(Self::over(self.spec.clone(), Arc::clone(&self.operators), input)?))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let schema: SchemaRef = self.schema();
        let input = self.input.execute(partition, context)?;
        let (spec, operators) = (self.spec.clone(), Arc::clone(&self.operators));
        let rows = input.map(move |batch| work(&spec, &operators, &batch?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}
