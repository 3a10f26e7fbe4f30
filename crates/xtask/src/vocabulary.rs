//! Words for generated captions: things, places, qualities and doings as captions from the web have them.
//!
//! The lists are long enough that captions seldom repeat themselves by chance, because the filters
//! under test count repeated words and repeated letters.

/// Words that describe a thing.
#[rustfmt::skip]
pub(crate) const QUALITIES: [&str; 64] = [
    "old", "small", "large", "wooden", "modern", "vintage", "white", "black", "red", "blue", "green", "golden",
    "rustic", "painted", "handmade", "antique", "plastic", "leather", "striped", "floral", "round", "square",
    "empty", "crowded", "sunny", "rainy", "snowy", "bright", "dark", "colourful", "simple", "elegant", "portable",
    "electric", "folding", "framed", "glazed", "knitted", "marble", "narrow", "outdoor", "personalized", "purple",
    "quiet", "retro", "silver", "soft", "steel", "tall", "tiny", "transparent", "tropical", "velvet", "wild",
    "winding", "yellow", "pink", "orange", "broken", "classic", "royal", "fresh", "grilled", "frozen",
];

/// Things.
#[rustfmt::skip]
pub(crate) const THINGS: [&str; 144] = [
    "bicycle", "kitchen", "table", "chair", "lamp", "window", "door", "bridge", "boat", "castle", "church", "clock",
    "dress", "jacket", "shoes", "handbag", "necklace", "ring", "watch", "hat", "scarf", "sofa", "pillow", "blanket",
    "curtain", "carpet", "mirror", "shelf", "desk", "cabinet", "bathtub", "garden", "fence", "gate", "tree", "rose",
    "tulip", "cactus", "forest", "meadow", "mountain", "valley", "river", "lake", "beach", "island", "harbour",
    "lighthouse", "train", "tram", "bus", "truck", "motorcycle", "tractor", "airplane", "helicopter", "dog", "cat",
    "horse", "cow", "sheep", "goat", "chicken", "duck", "owl", "eagle", "parrot", "butterfly", "bee", "fish",
    "turtle", "elephant", "lion", "tiger", "bear", "fox", "rabbit", "squirrel", "deer", "monkey", "cake", "bread",
    "pizza", "soup", "salad", "pasta", "sandwich", "burger", "coffee", "tea", "wine", "beer", "cheese", "apple",
    "banana", "lemon", "strawberry", "mushroom", "potato", "tomato", "carrot", "guitar", "piano", "violin", "drum",
    "camera", "phone", "laptop", "keyboard", "printer", "headphones", "speaker", "television", "poster", "painting",
    "sculpture", "mosaic", "logo", "sticker", "notebook", "envelope", "calendar", "invitation", "wallpaper",
    "t-shirt", "hoodie", "mug", "bottle", "basket", "candle", "balloon", "umbrella", "backpack", "suitcase",
    "helmet", "skateboard", "football", "racket", "puzzle", "doll", "robot", "kite", "ladder", "hammer",
];

/// Where something is.
#[rustfmt::skip]
pub(crate) const PLACES: [&str; 48] = [
    "in the park", "on the beach", "near the river", "at the market", "in front of a house", "on a table",
    "under a tree", "beside the road", "in the snow", "at night", "by the lake", "on white background",
    "in paris", "in new york city", "in london", "in cornwall", "in the living room", "at the museum",
    "over the city", "with a view of the sea", "on a shelf", "in a field", "at sunset", "behind the stadium",
    "in kyoto", "along the coast", "inside an office", "between two buildings", "across the street",
    "for sale", "with free shipping", "from above", "in black and white", "during the festival", "after the match",
    "before the wedding", "against a brick wall", "on display", "in the desert", "through the fog",
    "at the airport", "near münchen", "in são paulo", "in the bathroom", "on stage", "by candlelight",
    "among wildflowers", "in autumn",
];

/// What somebody or something is doing.
#[rustfmt::skip]
pub(crate) const DOINGS: [&str; 32] = [
    "standing", "sitting", "lying", "walking", "running", "jumping", "sleeping", "hanging", "floating", "flying",
    "waiting", "looking up", "parked", "displayed", "wrapped", "served", "stacked", "covered", "lit up", "mounted",
    "playing", "working", "reading", "dancing", "cooking", "swimming", "climbing", "shining", "growing", "resting",
    "arranged", "decorated",
];

/// Who is in the picture.
#[rustfmt::skip]
pub(crate) const PEOPLE: [&str; 16] = [
    "a man", "a woman", "two children", "a young couple", "the players", "an old fisherman", "a group of people",
    "the bride", "a little girl", "three friends", "a chef", "some tourists", "the singer", "a student",
    "a farmer", "my grandmother",
];

/// Families of words that share their first letters: distinct words whose letters repeat.
#[rustfmt::skip]
pub(crate) const FAMILIES: [[&str; 8]; 6] = [
    ["flower", "flowers", "flowering", "flowery", "wildflower", "sunflower", "cauliflower", "mayflower"],
    ["photo", "photos", "photograph", "photographs", "photography", "photographer", "photographic", "telephoto"],
    ["house", "houses", "household", "housing", "greenhouse", "lighthouse", "warehouse", "housewife"],
    ["paint", "paints", "painted", "painter", "painters", "painting", "paintings", "repainted"],
    ["garden", "gardens", "gardener", "gardeners", "gardening", "gardened", "rosegarden", "gardenia"],
    ["water", "waters", "watered", "watering", "waterfall", "underwater", "watercolor", "waterproof"],
];

/// Parts of made-up names of makers, which no list of words contains.
#[rustfmt::skip]
pub(crate) const SYLLABLES: [&str; 32] = [
    "ka", "lo", "mi", "ner", "to", "vel", "sa", "rin", "do", "pex", "zu", "bar", "fen", "gol", "hi", "jan",
    "kor", "lum", "mar", "nix", "os", "pra", "quin", "rel", "ston", "tav", "ul", "ver", "wyn", "xan", "yor", "zel",
];
