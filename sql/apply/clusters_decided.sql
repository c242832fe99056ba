-- Somebody decided clusters of duplicates. A row without a second image is about a cluster as a whole, `rest` about what is
-- left of one; a second look decides nothing by itself.
insert into cluster_reviews (cluster_id, decision, relation, keeper, images, bytes, how, first_by, agrees, actor, "at", seq)
select cluster_id, decision, relation, image_a, images, bytes, how, first_by, agrees = 1, actor, "at"::timestamp, seq
from event_rows where image_b is null and decision <> 'rest';

insert into cluster_decisions (cluster_id, decision, keeper, actor, "at", seq)
select cluster_id, case decision when 'skipped' then 'skipped' else 'decided' end, image_a, actor, "at"::timestamp, seq
from event_rows where image_b is null and how <> 'second';

insert into pair_decisions (content_a, content_b, decision, actor, "at", seq, cluster_id)
select least(content_a, content_b), greatest(content_a, content_b), decision, actor, "at"::timestamp, seq, cluster_id
from event_rows where image_b is not null and how <> 'second';

insert into keeper_decisions (content, beats_content, actor, "at", seq, cluster_id)
select content_a, content_b, actor, "at"::timestamp, seq, cluster_id
from event_rows where image_b is not null and decision = 'duplicate' and how <> 'second';

-- What stays may not be called redundant for a moment: the clusters are made anew only later.
delete from cluster_rows c using event_rows r
where r.cluster_id = c.cluster_id and r.image_b = c.image_id and r.decision in ('variant', 'not_duplicate') and r.how <> 'second';

update cluster_rows c set role = case when r.image_a = c.image_id then 'keeper' else 'redundant' end
from event_rows r
where r.cluster_id = c.cluster_id and r.image_b is null and r.decision in ('duplicate', 'mixed') and r.how <> 'second'
  and r.image_a in (select image_id from cluster_rows m where m.cluster_id = r.cluster_id);

delete from cluster_rows c
where c.cluster_id in (select cluster_id from event_rows where image_b is null)
  and (select count(*) from cluster_rows m where m.cluster_id = c.cluster_id) < 2;
