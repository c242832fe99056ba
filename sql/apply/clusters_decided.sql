-- Somebody decided clusters of duplicates. A row without a second image is about a cluster as a whole; a second look decides
-- nothing by itself.
insert into cluster_reviews (cluster_id, decision, keeper, images, bytes, how, actor, "at", seq)
select cluster_id, decision, image_a, images, bytes, how, actor, "at"::timestamp, seq
from event_rows where image_b is null;

insert into cluster_decisions (cluster_id, decision, keeper, actor, "at", seq)
select cluster_id, case decision when 'skipped' then 'skipped' else 'decided' end, image_a, actor, "at"::timestamp, seq
from event_rows where image_b is null and how <> 'second';

insert into pair_decisions (content_a, content_b, decision, actor, "at", seq, cluster_id)
select least(content_a, content_b), greatest(content_a, content_b), decision, actor, "at"::timestamp, seq, cluster_id
from event_rows where image_b is not null and how <> 'second';

insert into keeper_decisions (content, beats_content, actor, "at", seq, cluster_id)
select content_a, content_b, actor, "at"::timestamp, seq, cluster_id
from event_rows where image_b is not null and decision = 'duplicate' and how <> 'second';
