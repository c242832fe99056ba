-- The catalogue holds other bytes, or another batch, than the ledger says were received.
select f.image_id, f.uri, f.checksum, r.checksum as received_checksum, f.batch, r.batch as received_batch
from image_facts f join (
    select image_id, arg_max(checksum, seq) as checksum, arg_max(batch, identity_order(seq, moved_from)) as batch
    from receipts group by image_id
) r using (image_id)
where (f.checksum is distinct from r.checksum or f.batch is distinct from r.batch)
  -- A scan that was killed between receiving a file and noting its facts has the next one read it again.
  and f.image_id not in (select image_id from seen_files where status = 'received');
