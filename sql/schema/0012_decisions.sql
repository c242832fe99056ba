-- Decisions about clusters of duplicates, as they were made. What they mean for pairs and keepers is kept by content, in the
-- tables of 0011, each row with the cluster it was decided in, so that one cluster of many can be taken back.

alter table pair_decisions add column cluster_id varchar;
alter table keeper_decisions add column cluster_id varchar;

-- One row a cluster and decision that wasn't taken back, also for those that were skipped or looked at a second time.
create table cluster_reviews (
    cluster_id  varchar   not null,
    decision    varchar   not null,     -- duplicate, variant, not_duplicate, mixed or skipped
    relation    varchar   not null,
    keeper      varchar   not null,
    images      bigint    not null,
    bytes       bigint    not null,     -- to gain by it
    how         varchar   not null,     -- single, bulk or second
    first_by    varchar,                -- of a second look: who had decided, and whether this is the same
    agrees      boolean,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

comment on column queues.image_id is 'the image, or the cluster of duplicates';

comment on table cluster_reviews is 'Decisions about clusters of duplicates that weren''t taken back: a row a cluster and decision.';
comment on column cluster_reviews.cluster_id is 'the cluster as it was then';
comment on column cluster_reviews.decision is 'duplicate (one is kept), variant, not_duplicate, mixed, or skipped';
comment on column cluster_reviews.relation is 'what held it together';
comment on column cluster_reviews.keeper is 'the image that is kept';
comment on column cluster_reviews.images is 'images in the cluster';
comment on column cluster_reviews.bytes is 'bytes to gain by the decision';
comment on column cluster_reviews.how is 'single, bulk (one of many, after a preview), or second (a second look, which decides nothing by itself)';
comment on column cluster_reviews.first_by is 'of a second look: who had decided';
comment on column cluster_reviews.agrees is 'of a second look: whether it says the same; where it doesn''t, the cluster is open again';
comment on column cluster_reviews.actor is 'who';
comment on column cluster_reviews."at" is 'when (UTC)';
comment on column cluster_reviews.seq is 'position in the ledger';
