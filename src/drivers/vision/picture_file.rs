//! Picture files: JPEG, PNG, WebP and BMP in, JPEG and PNG out.
//!
//! Pixels are red, green, blue, rows from the top without padding. A file is turned upright as its
//! EXIF data says; one that would take more than 512 MB decoded is refused.

use crate::domain::{pixel::PixelSize, seams::PixelFault};
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageReader, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::{io::Cursor, path::Path};

/// The formats that [`decode`] takes, for messages.
pub const FORMATS: &str = "JPEG, PNG, WebP and BMP";

pub fn decode(bytes: &[u8]) -> Result<RgbImage, PixelFault> {
    if bytes.is_empty() {
        return Err(PixelFault { reason: "the file is empty".into() });
    }
    let upright = || -> image::ImageResult<DynamicImage> {
        let mut decoder =
            ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.into_decoder()?;
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        Ok(picture)
    };
    match upright() {
        Ok(picture) => Ok(picture.into_rgb8()),
        Err(error) => Err(fault(error)),
    }
}

/// Width and height as the file claims them, not yet upright.
pub fn dimensions(bytes: &[u8]) -> Result<(u32, u32), PixelFault> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    reader.map_err(image::ImageError::from).and_then(ImageReader::into_dimensions).map_err(fault)
}

/// Chroma halved, as in video. At most 65,535 pixels a side.
pub fn jpeg(rgb: &[u8], size: PixelSize, quality: u8) -> Result<Vec<u8>, PixelFault> {
    let too_large = |_| PixelFault { reason: format!("{size:?} is too large for a JPEG") };
    let width = u16::try_from(size.width_px).map_err(too_large)?;
    let height = u16::try_from(size.height_px).map_err(too_large)?;
    let mut encoded = Vec::new();
    let mut encoder = Encoder::new(&mut encoded, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder
        .encode(rgb, width, height, ColorType::Rgb)
        .map_err(|error| PixelFault { reason: error.to_string() })?;
    Ok(encoded)
}

/// In the format that the ending of `path` says.
pub fn write(path: &Path, rgb: &[u8], size: PixelSize) -> Result<(), PixelFault> {
    image::save_buffer(path, rgb, size.width_px, size.height_px, ExtendedColorType::Rgb8).map_err(
        |error| PixelFault { reason: format!("{} cannot be written: {error}", path.display()) },
    )
}

fn fault(error: image::ImageError) -> PixelFault {
    PixelFault { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Big-endian TIFF with one entry: the orientation.
    fn exif(orientation: u8) -> Vec<u8> {
        let head = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
        [&head[..], &[orientation], &[0; 6]].concat()
    }

    #[test]
    fn a_picture_taken_sideways_is_turned_upright() {
        let (red, blue) = ([200, 0, 0], [0, 0, 200]);
        let rows: Vec<u8> =
            (0..16).flat_map(|_| [[red; 16], [blue; 16]].concat().concat()).collect();
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 95);
        encoder.add_app_segment(1, exif(6)).unwrap();
        encoder.encode(&rows, 32, 16, ColorType::Rgb).unwrap();
        let upright = decode(&file).unwrap();
        assert_eq!(upright.dimensions(), (16, 32));
        assert!(upright.get_pixel(8, 4).0[0] > 150 && upright.get_pixel(8, 28).0[2] > 150);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let size = PixelSize { width_px: 3, height_px: 2 };
        let rgb: Vec<u8> = (0..18).map(|i| i * 14).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.png");
        write(&path, &rgb, size).unwrap();
        assert_eq!(decode(&std::fs::read(&path).unwrap()).unwrap().into_raw(), rgb);
        let nowhere = Path::new("/nonexistent/p.png");
        assert!(write(nowhere, &rgb, size).unwrap_err().reason.contains("/nonexistent/p.png"));
        let wide = PixelSize { width_px: 70_000, height_px: 1 };
        assert!(jpeg(&[0; 210_000], wide, 90).unwrap_err().reason.contains("70000"));
    }
}
