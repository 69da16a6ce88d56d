-- Places: what operators of this installation have imported. It is put over the set that the program carries, a row over the row of
-- the same key; what is not here is the program's.

-- Administrative units: provinces and communes as they are (P, W) and were until 30/06/2025 (p, d, w).
create table place_unit (
    level       text   not null,
    code        text   not null,
    name        text   not null,
    -- The code of the unit above; empty for provinces.
    parent      text   not null,
    -- Codes of what it became, by semicolons.
    became      text   not null,
    lat         double precision,
    lon         double precision,
    geo_precision  text   not null,
    population  bigint not null,
    -- Other names, by semicolons.
    aliases     text   not null,
    source      text   not null,
    as_of       text   not null,
    attribution text,
    constraint place_unit_pk primary key (level, code),
    constraint place_unit_level_known check (level in ('P', 'W', 'p', 'd', 'w')),
    constraint place_unit_name_given check (name <> ''),
    constraint place_unit_source_given check (source <> '' and as_of <> '')
);

-- Offices, collection points, facilities.
create table place (
    kind         text   not null,
    place_id     text   not null,
    name         text   not null,
    -- Names it had before, by semicolons.
    former       text   not null,
    sort         text   not null,
    address      text,
    phone        text,
    hours        text,
    emergency    bigint,
    care_level   text,
    ward_code    text,
    province_code text,
    lat          double precision,
    lon          double precision,
    geo_precision   text   not null,
    confidence   text   not null,
    valid_from   text,
    valid_to     text,
    successor_id text,
    -- Codes of communes that an office serves, by semicolons.
    serves       text   not null,
    note         text,
    source       text   not null,
    as_of        text   not null,
    attribution  text,
    constraint place_pk primary key (kind, place_id),
    constraint place_kind_known check (kind in ('office', 'collection_point', 'facility')),
    constraint place_name_given check (name <> ''),
    constraint place_point_whole check ((lat is null) = (lon is null)),
    constraint place_source_given check (source <> '' and as_of <> '')
);

-- Layers: points of places that another list has, under a licence of their own.
create table place_point (
    kind        text   not null,
    place_id    text   not null,
    lat         double precision not null,
    lon         double precision not null,
    geo_precision  text   not null,
    phone       text,
    source      text   not null,
    as_of       text   not null,
    attribution text,
    constraint place_point_pk primary key (kind, place_id)
);

-- Imports, newest last. Nodes that serve load places again when there is a newer one.
create table place_import (
    place_import_id bigint not null,
    at_ms           bigint not null,
    path            text   not null,
    changed         bigint not null,
    constraint place_import_pk primary key (place_import_id)
);

-- What citizens say is wrong with a place. One open report a conversation and place.
create table place_report (
    place_report_id text   not null,
    conversation_id text   not null,
    kind            text   not null,
    place_id        text   not null,
    name            text   not null,
    at_ms           bigint not null,
    done_ms         bigint,
    constraint place_report_pk primary key (place_report_id),
    constraint place_report_conversation_fk foreign key (conversation_id) references conversation (conversation_id)
);
create unique index place_report_one_open on place_report (conversation_id, kind, place_id) where done_ms is null;
create index place_report_open on place_report (at_ms) where done_ms is null;
