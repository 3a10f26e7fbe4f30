//! The whole model, and how its parts are called in a checkpoint.

use lagar_nn::layers::Linear;
use lagar_nn::ops::Activation;
use lagar_nn::weights::Scope;
use lagar_nn::{NnError, Tensor};

use crate::ModelsError;
use crate::clip::{ClipVision, ClipVisionConfig};
use crate::mgm::mining::Part;
use crate::mgm::{ConvNext, Gemma, MgmConfig, Mining, Pixels};

/// Where the vision towers and what searches between them are.
pub(super) const TOWER: &str = "model.vision_tower.vision_tower.vision_model";
pub(super) const FINER_TOWER: &str = "model.vision_tower_aux";

/// Tensors that some checkpoints have and no computation needs: the output layer, which is the
/// embedding, and buffers of older versions.
pub(super) const UNUSED: [&str; 3] =
    ["lm_head.weight", "embeddings.position_ids", "rotary_emb.inv_freq"];

/// MGM with Gemma.
#[derive(Debug)]
pub struct Mgm {
    /// CLIP's tower.
    pub vision: ClipVision,
    /// The finer tower.
    pub finer: ConvNext,
    /// What searches the finer tower's maps.
    pub mining: Mining,
    /// The language model.
    pub language: Gemma,
    projector: Vec<Linear>,
    /// Layers of CLIP's tower that are run.
    depth: usize,
    grid: usize,
}

/// What becomes of a picture on its way to the language model; everything but `tokens` is there to be
/// looked at.
#[derive(Debug)]
pub struct Features {
    /// CLIP's patches, `[views, patches, width]`, in the order of the pixels.
    pub patches: Tensor,
    /// The finer tower's maps, `[height, width, channels]` each, the finest first.
    pub maps: Vec<Tensor>,
    /// What the patches found, in the order that the language model sees: `[tokens, width]`.
    pub mined: Tensor,
    /// What the language model sees, `[tokens, its width]`.
    pub tokens: Tensor,
}

impl Mgm {
    /// Builds the model from a checkpoint.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn build(
        scope: &Scope<'_>,
        config: &MgmConfig,
        tower: &ClipVisionConfig,
    ) -> Result<Self, ModelsError> {
        let model = scope.at("model");
        let layers = tower.num_hidden_layers;
        let depth = (layers + 1).checked_sub(config.mm_vision_select_layer.unsigned_abs());
        let depth = depth.ok_or_else(|| ModelsError::Setting {
            setting: "mm_vision_select_layer",
            message: format!("{} of {layers} layers", config.mm_vision_select_layer),
        })?;
        let finer = ConvNext::load(&scope.at(FINER_TOWER))?;
        let (width, wide) = (tower.hidden_size, config.hidden_size);
        let projector = model.at("mm_projector");
        let count = config
            .projector_layers()
            .map_err(|message| ModelsError::Setting { setting: "mm_projector_type", message })?;
        let is_linear = config.mm_projector_type == "linear";
        let layer = |index: usize| {
            let inputs = if index == 0 { width } else { wide };
            // activations stand between the linear layers
            let place = if is_linear { projector.clone() } else { projector.at(2 * index) };
            Linear::load(&place, (inputs, wide), true)
        };
        Ok(Self {
            vision: ClipVision::load(&scope.at(TOWER), tower)?,
            mining: Mining::load(&model, (width, finer.width()))?,
            finer,
            language: Gemma::load(&model, config)?,
            projector: (0..count).map(layer).collect::<Result<_, _>>()?,
            depth,
            grid: config.image_grid,
        })
    }

    /// What the language model sees of a picture.
    ///
    /// # Errors
    /// When the pixels are of other sizes than the model's.
    pub fn look(&self, pixels: &Pixels) -> Result<Features, NnError> {
        let patches = self.patches(&pixels.views)?;
        let maps = self.finer.forward(&pixels.finer)?;
        let [views, count, width] = patches.sizes()?;
        let grid = self.grid;
        let mut order = Vec::with_capacity(views);
        // the whole picture is the last of the views, and the first that the language model sees
        if views > grid * grid {
            order.push((views - 1, Part::Whole { grid }));
        }
        let tile = |view: usize| Part::Tile { place: (view / grid, view % grid), grid };
        order.extend((0..grid * grid).map(|view| (view, tile(view))));
        let (mut asked, mut found) = (Vec::new(), Vec::new());
        for (view, part) in order {
            let own = patches.narrow(0, view..view + 1)?.reshape(&[count, width])?;
            found.push(self.mining.forward(&own, &maps, part)?);
            asked.push(own);
        }
        let mined = Tensor::cat(&found.iter().collect::<Vec<_>>(), 0)?;
        let asked = Tensor::cat(&asked.iter().collect::<Vec<_>>(), 0)?;
        let tokens = self.project(&asked.add(&mined)?)?;
        Ok(Features { patches, maps, mined, tokens })
    }

    /// CLIP's patches without the class, `[views, 3, side, side]` to `[views, patches, width]`.
    fn patches(&self, views: &Tensor) -> Result<Tensor, NnError> {
        let mut x = self.vision.embed(views)?;
        for layer in self.vision.layers().iter().take(self.depth) {
            x = layer.forward(&x, false)?;
        }
        let tokens = x.size(1)?;
        x.narrow(1, 1..tokens)
    }

    fn project(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let mut x = x.clone();
        let last = self.projector.len().saturating_sub(1);
        for (index, layer) in self.projector.iter().enumerate() {
            let activation = if index < last { Activation::Gelu } else { Activation::Identity };
            x = layer.activated(&x, activation)?;
        }
        Ok(x)
    }
}
