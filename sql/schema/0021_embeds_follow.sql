-- What was embedded into a file stays with it when it is renamed. What brings the file's bytes back is kept under the id the file
-- had then.
alter table embeds add column kept_as varchar;
update embeds set kept_as = image_id;
