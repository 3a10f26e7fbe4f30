//! The shapes a scene is made of, with their English names.

use super::canvas::{Canvas, Colour, in_polygon};

/// A shape within the square from -1000 to 1000 in both directions, y downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// As a caption calls it.
    pub(crate) name: &'static str,
    outline: Outline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outline {
    /// Between two radii.
    Ring(i32, i32),
    Polygon(&'static [(i32, i32)]),
}

#[rustfmt::skip]
pub(crate) const SHAPES: [Shape; 9] = [
    Shape { name: "circle", outline: Outline::Ring(0, 950) },
    Shape { name: "ring", outline: Outline::Ring(600, 950) },
    Shape { name: "square", outline: Outline::Polygon(&[(-800, -800), (800, -800), (800, 800), (-800, 800)]) },
    Shape { name: "diamond", outline: Outline::Polygon(&[(0, -950), (700, 0), (0, 950), (-700, 0)]) },
    Shape { name: "triangle", outline: Outline::Polygon(&[(0, -900), (950, 750), (-950, 750)]) },
    Shape { name: "star", outline: Outline::Polygon(&[
        (0, -950), (213, -294), (903, -294), (345, 112), (559, 768), (0, 363),
        (-559, 768), (-345, 112), (-903, -294), (-213, -294)]) },
    Shape { name: "cross", outline: Outline::Polygon(&[
        (-300, -900), (300, -900), (300, -300), (900, -300), (900, 300), (300, 300),
        (300, 900), (-300, 900), (-300, 300), (-900, 300), (-900, -300), (-300, -300)]) },
    Shape { name: "arrow", outline: Outline::Polygon(&[
        (-900, -250), (150, -250), (150, -700), (950, 0), (150, 700), (150, 250), (-900, 250)]) },
    Shape { name: "house", outline: Outline::Polygon(&[
        (0, -950), (950, -150), (700, -150), (700, 850), (-700, 850), (-700, -150), (-950, -150)]) },
];

impl Shape {
    /// Draws the shape around `centre`, `reach` pixels to each side.
    pub(crate) fn draw(self, canvas: &mut Canvas, centre: (i32, i32), reach: i32, colour: Colour) {
        match self.outline {
            Outline::Ring(inner, outer) => canvas.outline(centre, reach, colour, |x, y| {
                (inner * inner..=outer * outer).contains(&(x * x + y * y))
            }),
            Outline::Polygon(corners) => {
                canvas.outline(centre, reach, colour, |x, y| in_polygon(corners, x, y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_a_hole_and_a_circle_has_none() {
        let middle = |name: &str| {
            let mut canvas = Canvas::new(41, 41, [0; 3]);
            let shape = SHAPES.iter().find(|shape| shape.name == name).unwrap();
            shape.draw(&mut canvas, (20, 20), 18, [255; 3]);
            canvas.into_pixels().get_pixel(20, 20).0
        };
        assert_eq!((middle("ring"), middle("circle")), ([0; 3], [255; 3]));
    }
}
