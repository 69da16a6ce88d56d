//! What a citizen may send to an operator beside words: photos and PDF files, known by their content and not by their name.

use std::io::Cursor;
use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::conversation::now_ms;
use crate::dialogue::{Attachment, Unkept};
use crate::identity::keys::{KeysError, data_key};
use crate::secret::{Key, OpenError};
use crate::store::{NewAttachment, Store, StoreError};

/// The largest file that is taken.
pub const ATTACHMENT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Attachments of one conversation that are kept at once.
pub const ATTACHMENTS_PER_CONVERSATION_MAX: u32 = 20;
/// A photo is kept no larger than this on either side: enough to read a form on it.
const SIDE_PX_MAX: u32 = 2_560;
/// A picture larger than this on either side is no photo. Telephones make up to 12,000.
const SIDE_PX_READ_MAX: u32 = 16_000;
/// What reading a picture may take: a small file can be a very large picture.
const PIXEL_BYTES_MAX: u64 = 256 * 1024 * 1024;
const JPEG_QUALITY_PERCENT: u8 = 85;
/// Readers of PDF accept other bytes before this mark; then it may be something else as well, and is not taken.
const PDF: &[u8] = b"%PDF-";
const PDF_TYPE: &str = "application/pdf";

/// A file that may be shown to an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// `image/jpeg`, `image/png` or `application/pdf`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The name of the key that attachments are sealed with.
const DATA_KEY: &str = "attachments";
/// Files that are read at once: reading a photo takes some memory.
const READ_AT_ONCE_MAX: usize = 1;

/// Why an attachment cannot be kept or shown; a refusal is no error.
#[derive(Debug, thiserror::Error)]
pub(super) enum AttachmentError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was sealed with another key.
    #[error(transparent)]
    Sealed(#[from] OpenError),
}

/// An attachment as an operator sees it.
pub(super) struct Opened {
    pub(super) conversation_id: Uuid,
    pub(super) media_type: String,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// What citizens have sent to operators beside words. It is sealed, and deleted after its time.
pub struct Attachments {
    store: Store,
    /// Not the key of the installation: that one can be exchanged.
    key: Key,
    at_once: Arc<Semaphore>,
}

impl Attachments {
    /// What was kept under this key of the installation; deleted by the sweeper of `conversation::retention`.
    ///
    /// # Errors
    /// The database fails, or attachments were sealed under another key.
    pub async fn load(store: Store, key: &Key) -> Result<Attachments, KeysError> {
        let key = data_key(&store, key, DATA_KEY).await?;
        Ok(Attachments { store, key, at_once: Arc::new(Semaphore::new(READ_AT_ONCE_MAX)) })
    }

    pub(super) async fn keep(
        &self,
        conversation_id: Uuid,
        client_id: String,
        bytes: Vec<u8>,
    ) -> Result<Result<Attachment, Unkept>, StoreError> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let attachment_id = Uuid::now_v7();
        let key = self.key.clone();
        let read = tokio::task::spawn_blocking(move || {
            let cleaned = clean(&bytes)?;
            drop(permit);
            let sealed = key.seal_bytes(&place_of(attachment_id), &cleaned.bytes);
            Ok((cleaned.media_type, cleaned.bytes.len(), sealed))
        });
        // A library that panics on a file has found it broken.
        let (media_type, size, body_sealed) = match read.await.unwrap_or(Err(Unkept::Broken)) {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        let new = NewAttachment { attachment_id, conversation_id, client_id, media_type, body_sealed, created_ms: now_ms() };
        let kept = self.store.keep_attachment(&new, ATTACHMENTS_PER_CONVERSATION_MAX).await?;
        Ok(kept.map(|id| Attachment { id, media_type, bytes: size as u64 }).ok_or(Unkept::Full))
    }

    /// `None`: there is none of this key, or none any more.
    pub(super) async fn open(&self, id: Uuid) -> Result<Option<Opened>, AttachmentError> {
        let Some(row) = self.store.attachment(id).await? else { return Ok(None) };
        let bytes = self.key.open_bytes(&place_of(row.attachment_id), &row.body_sealed)?;
        Ok(Some(Opened { conversation_id: row.conversation_id, media_type: row.media_type, bytes }))
    }
}

/// Where an attachment belongs: it opens nowhere else.
fn place_of(attachment_id: Uuid) -> String {
    format!("attachment.body_sealed {attachment_id}")
}

/// Reads a file by its content. A picture is drawn anew, upright: what a telephone writes beside it (where, when, with which device) is
/// gone, and so is anything that only pretends to be a picture. A PDF file stays as it is.
///
/// # Errors
/// It is not taken.
pub fn clean(bytes: &[u8]) -> Result<Cleaned, Unkept> {
    if bytes.len() > ATTACHMENT_BYTES_MAX {
        return Err(Unkept::TooLarge);
    }
    if bytes.starts_with(PDF) {
        return Ok(Cleaned { media_type: PDF_TYPE, bytes: bytes.to_vec() });
    }
    let format = image::guess_format(bytes).map_err(|_| Unkept::Kind)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(Unkept::Kind);
    }
    let picture = upright(bytes, format).map_err(|error| match error {
        image::ImageError::Limits(_) => Unkept::TooLarge,
        _ => Unkept::Broken,
    })?;
    let picture = match picture.width().max(picture.height()) {
        0..=SIDE_PX_MAX => picture,
        _ => picture.resize(SIDE_PX_MAX, SIDE_PX_MAX, FilterType::Triangle),
    };
    draw(&picture, format).map_err(|_| Unkept::Broken)
}

fn upright(bytes: &[u8], format: ImageFormat) -> image::ImageResult<DynamicImage> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_PX_READ_MAX), Some(SIDE_PX_READ_MAX));
    limits.max_alloc = Some(PIXEL_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Screenshots stay sharp, photos small.
fn draw(picture: &DynamicImage, format: ImageFormat) -> image::ImageResult<Cleaned> {
    let mut bytes = Vec::new();
    if format == ImageFormat::Png {
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        return Ok(Cleaned { media_type: "image/png", bytes });
    }
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY_PERCENT))?;
    Ok(Cleaned { media_type: "image/jpeg", bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose left half is red.
    fn picture(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, |x, _| image::Rgb([if x < width / 2 { 255 } else { 0 }, 0, 0])))
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    /// A JPEG with an Exif segment that says "turn a quarter to the right", and a text as a camera's name.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
        exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        exif.extend(b"\x10\x01\x02\0\x08\0\0\0\x26\0\0\0\0\0\0\0");
        exif.extend(b"Ha Noi7\0");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn a_photo_is_drawn_anew_upright_and_without_what_was_written_beside_it() {
        let photo = with_exif(&encoded(&picture(40, 20), ImageFormat::Jpeg));
        assert!(photo.windows(6).any(|part| part == b"Ha Noi"));
        let cleaned = clean(&photo).unwrap();
        assert_eq!(cleaned.media_type, "image/jpeg");
        assert!(!cleaned.bytes.windows(6).any(|part| part == b"Ha Noi" || part == b"Exif\0\0"));
        let drawn = image::load_from_memory(&cleaned.bytes).unwrap().to_rgb8();
        assert_eq!(drawn.dimensions(), (20, 40), "the telephone was held upright");
        // What was left is above.
        assert!(drawn.get_pixel(10, 5).0[0] > 200 && drawn.get_pixel(10, 35).0[0] < 60);
    }

    #[test]
    fn a_screenshot_stays_a_png_and_a_large_one_becomes_smaller() {
        let cleaned = clean(&encoded(&picture(3_000, 30), ImageFormat::Png)).unwrap();
        assert_eq!(cleaned.media_type, "image/png");
        let drawn = image::load_from_memory(&cleaned.bytes).unwrap();
        assert_eq!((drawn.width(), drawn.height()), (SIDE_PX_MAX, 26));
    }

    #[test]
    fn a_file_is_known_by_its_content() {
        assert_eq!(clean(b"%PDF-1.7 ...").unwrap().media_type, PDF_TYPE);
        for other in [
            &b""[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            b"MZ\x90\0",
            b"PK\x03\x04",
            b" %PDF-1.7",
            b"GIF89a\x04\0\x04\0",
        ] {
            assert_eq!(clean(other), Err(Unkept::Kind), "{:?}", &other[..other.len().min(8)]);
        }
    }

    #[test]
    fn a_broken_picture_and_one_beyond_all_measure_are_refused() {
        let jpeg = encoded(&picture(40, 20), ImageFormat::Jpeg);
        assert_eq!(clean(&jpeg[..60]), Err(Unkept::Broken));
        let mut png = encoded(&picture(4, 4), ImageFormat::Png);
        // 65,536 pixels wide, says its header; the check sum over it is made to agree.
        png[16..20].copy_from_slice(&65_536_u32.to_be_bytes());
        let sum = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(clean(&png), Err(Unkept::TooLarge));
        assert_eq!(clean(&vec![0; ATTACHMENT_BYTES_MAX + 1]), Err(Unkept::TooLarge));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
        })
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(head in 0_usize..4, tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let heads: [&[u8]; 4] = [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\x40\0\0\0WEBPVP8L", b"%PDF-"];
            let _ = clean(&[heads[head], &tail].concat());
        }
    }
}
