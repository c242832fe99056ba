-- The public views, and their data dictionary.

create view images as
select
    f.image_id, f.uri, f.source, f.batch, f.path, f.folder, f.name, f.size, f.modified_at, f.received_at, f.moved_from,
    f.checksum, f.picture_hash, f.format, f.mime,
    f.width, f.height, f.mode, f.bit_depth, f.frames, f.has_icc, f.icc_name, f.orientation,
    case when f.orientation between 5 and 8 then f.height else f.width end as oriented_width,
    case when f.orientation between 5 and 8 then f.width else f.height end as oriented_height,
    printf('%016x', f.phash) as phash, printf('%016x', f.dhash) as dhash,
    f.sharpness, f.brightness, f.contrast, f.clipped_dark, f.clipped_bright, f.flat,
    f.captured_at, f.captured_offset,
    f.captured_at - to_minutes(f.captured_offset) as captured_utc,
    f.camera_make, f.camera_model, f.lens, f.latitude, f.longitude, f.altitude,
    f.title, f.description, f.creator, f.copyright, f.rating, f.iptc_charset
from image_facts f;
