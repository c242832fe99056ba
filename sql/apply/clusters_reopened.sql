-- Decisions about clusters were taken back, those of one event: of the clusters that are named, or of all. What had been
-- decided before holds again.
delete from cluster_reviews t using event_rows r
where t.seq = r.decided and (r.cluster_id is null or t.cluster_id = r.cluster_id);

delete from cluster_decisions t using event_rows r
where t.seq = r.decided and (r.cluster_id is null or t.cluster_id = r.cluster_id);

delete from pair_decisions t using event_rows r
where t.seq = r.decided and (r.cluster_id is null or t.cluster_id = r.cluster_id);

delete from keeper_decisions t using event_rows r
where t.seq = r.decided and (r.cluster_id is null or t.cluster_id = r.cluster_id);
