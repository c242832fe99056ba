-- The public views. What each column means is in 0003_dictionary.sql.

-- Where a receipt stands among those of one id: the greatest is the one with which the file there began to be what it is,
-- the latest move or else the first receipt.
create macro identity_order(seq, moved_from) as case when moved_from is null then -seq else seq end;

create view images as
select
    f.image_id, f.uri, f.source, f.batch, f.path, f.folder, f.name, f.size, f.modified_at, f.received_at, f.moved_from,
    f.checksum, f.picture_hash, f.format, f.mime,
    f.width, f.height, f.mode, f.bit_depth, f.frames, f.has_icc, f.icc_name, f.orientation,
    case when f.orientation between 5 and 8 then f.height else f.width end as oriented_width,
    case when f.orientation between 5 and 8 then f.width else f.height end as oriented_height,
    case when f.phash is not null then printf('%016x', f.phash) end as phash,
    case when f.dhash is not null then printf('%016x', f.dhash) end as dhash,
    f.sharpness, f.brightness, f.contrast, f.clipped_dark, f.clipped_bright, f.flat,
    f.captured_at, f.captured_offset,
    f.captured_at - to_minutes(f.captured_offset) as captured_utc,
    f.camera_make, f.camera_model, f.lens, f.latitude, f.longitude, f.altitude,
    f.title, f.description, f.creator, f.copyright, f.rating, f.iptc_charset, f.keyword_count
from image_facts f;

create view problems as
select p.image_id, p.uri, p.source, p.batch, p.path, p.size, p.checksum, p.stage, p.kind, p.message, p.detail,
       p.image_id in (select image_id from image_facts) as is_image
from file_problems p;

create view files as
select s.image_id, s.uri, s.source, f.image_id is not null as is_image, coalesce(p.problems, 0) as problems
from seen_files s
left join image_facts f using (image_id)
left join (select image_id, count(*) as problems from file_problems group by image_id) p using (image_id);

create view events as
select seq, "at", actor, kind, reason, payload, version, event_id from ledger_events;

create view sources as
select r.source, r.uri, r.added_at, r.added_by, count(s.image_id) as files
from source_roots r left join seen_files s on s.source = r.source
group by all;

create view batches as
select batch, source, count(*) as images, min(received_at) as received_at, sum(size)::bigint as bytes
from image_facts group by batch, source;

create view vanished as
select r.image_id, max(r.uri) as uri, arg_max(r.source, r.seq) as source,
       arg_max(r.batch, identity_order(r.seq, r.moved_from)) as batch,
       arg_max(r.size, r.seq) as size, arg_max(r.checksum, r.seq) as checksum,
       arg_max(r.received_at, identity_order(r.seq, r.moved_from)) as received_at
from receipts r
where r.image_id not in (select image_id from seen_files)
  and r.image_id not in (select image_id from scan_listing)
  and r.image_id not in (select old_id from aliases)
group by r.image_id;

create view entered as
select image_id, field, lang, ordinal, value, actor, "at" from entered_values;
