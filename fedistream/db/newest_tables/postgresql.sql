-- Written by `python -m fedistream.db.write_newest`.
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);

CREATE TABLE admin_recovery_code (
	id BIGSERIAL NOT NULL,
	code_hash VARCHAR(64) NOT NULL,
	CONSTRAINT pk_admin_recovery_code PRIMARY KEY (id),
	CONSTRAINT uq_admin_recovery_code_code_hash UNIQUE (code_hash)
);

CREATE TABLE admin_session (
	id BIGSERIAL NOT NULL,
	token_hash VARCHAR(64) NOT NULL,
	kind VARCHAR(8) NOT NULL,
	network VARCHAR(64) NOT NULL,
	user_agent VARCHAR(512) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_admin_session PRIMARY KEY (id),
	CONSTRAINT uq_admin_session_token_hash UNIQUE (token_hash)
);

CREATE TABLE admin_totp (
	id BIGSERIAL NOT NULL,
	secret VARCHAR(64) NOT NULL,
	enabled BOOLEAN NOT NULL,
	basic_allowed BOOLEAN NOT NULL,
	last_step BIGINT NOT NULL,
	CONSTRAINT pk_admin_totp PRIMARY KEY (id)
);

CREATE TABLE change_count (
	name VARCHAR(64) NOT NULL,
	count BIGINT NOT NULL,
	CONSTRAINT pk_change_count PRIMARY KEY (name)
);

CREATE TABLE channel (
	id BIGSERIAL NOT NULL,
	slug VARCHAR(40) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_channel PRIMARY KEY (id),
	CONSTRAINT uq_channel_slug UNIQUE (slug)
);

CREATE TABLE directory_registration (
	id BIGSERIAL NOT NULL,
	url VARCHAR(2048) NOT NULL,
	key VARCHAR(200) NOT NULL,
	success BOOLEAN NOT NULL,
	error VARCHAR(300) NOT NULL,
	error_code INTEGER,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_directory_registration PRIMARY KEY (id)
);

CREATE TABLE featured_server (
	id BIGSERIAL NOT NULL,
	url VARCHAR(2048) NOT NULL,
	actor VARCHAR(2048) NOT NULL,
	inbox VARCHAR(2048) NOT NULL,
	channel_id BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	follow JSONB NOT NULL,
	name VARCHAR(500) NOT NULL,
	logo VARCHAR(2048) NOT NULL,
	online BOOLEAN NOT NULL,
	title VARCHAR(500) NOT NULL,
	description VARCHAR(500) NOT NULL,
	thumbnail VARCHAR(2048) NOT NULL,
	tags JSONB NOT NULL,
	added_at TIMESTAMP WITH TIME ZONE NOT NULL,
	followed_at TIMESTAMP WITH TIME ZONE,
	status_at TIMESTAMP WITH TIME ZONE,
	online_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_featured_server PRIMARY KEY (id),
	CONSTRAINT uq_featured_server_actor UNIQUE (actor)
);

CREATE TABLE federation_key (
	id BIGSERIAL NOT NULL,
	channel_id BIGINT NOT NULL,
	pem TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	number INTEGER NOT NULL,
	old_pem TEXT,
	changed_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_federation_key PRIMARY KEY (id),
	CONSTRAINT uq_federation_key_channel_id UNIQUE (channel_id)
);

CREATE TABLE flag (
	id BIGSERIAL NOT NULL,
	channel_id BIGINT NOT NULL,
	actor VARCHAR(2048) NOT NULL,
	server VARCHAR(255) NOT NULL,
	objects JSONB NOT NULL,
	content TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	settled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_flag PRIMARY KEY (id)
);

CREATE INDEX ix_flag_settled_at ON flag (settled_at);

CREATE TABLE host_health (
	host VARCHAR(255) NOT NULL,
	circuit VARCHAR(10) NOT NULL,
	failures INTEGER NOT NULL,
	open_until DOUBLE PRECISION NOT NULL,
	failing_days INTEGER NOT NULL,
	failing_since DOUBLE PRECISION NOT NULL,
	failed_at DOUBLE PRECISION NOT NULL,
	dead_since DOUBLE PRECISION,
	CONSTRAINT pk_host_health PRIMARY KEY (host)
);

CREATE TABLE indieauth_grant (
	id BIGSERIAL NOT NULL,
	secret_hash VARCHAR(64) NOT NULL,
	kind VARCHAR(10) NOT NULL,
	client_id TEXT NOT NULL,
	redirect_uri TEXT NOT NULL,
	state TEXT NOT NULL,
	challenge VARCHAR(43) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_indieauth_grant PRIMARY KEY (id),
	CONSTRAINT uq_indieauth_grant_secret_hash UNIQUE (secret_hash)
);

CREATE INDEX ix_indieauth_grant_created_at ON indieauth_grant (created_at);

CREATE TABLE integration (
	id BIGSERIAL NOT NULL,
	token_hash VARCHAR(64) NOT NULL,
	seed VARCHAR(64),
	handle VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL,
	scopes JSONB NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_integration PRIMARY KEY (id),
	CONSTRAINT uq_integration_token_hash UNIQUE (token_hash),
	CONSTRAINT uq_integration_handle UNIQUE (handle)
);

CREATE TABLE ip_ban (
	id BIGSERIAL NOT NULL,
	address VARCHAR(64) NOT NULL,
	cause VARCHAR(20),
	notes VARCHAR(500) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_ip_ban PRIMARY KEY (id),
	CONSTRAINT uq_ip_ban_address UNIQUE (address)
);

CREATE TABLE moderation_action (
	id BIGSERIAL NOT NULL,
	what VARCHAR(32) NOT NULL,
	actor VARCHAR(64) NOT NULL,
	target VARCHAR(64) NOT NULL,
	cause VARCHAR(20),
	why VARCHAR(500) NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_moderation_action PRIMARY KEY (id)
);

CREATE INDEX ix_moderation_action_target ON moderation_action (target);

CREATE TABLE node_secret (
	name VARCHAR(16) NOT NULL,
	secret VARCHAR(128) NOT NULL,
	CONSTRAINT pk_node_secret PRIMARY KEY (name)
);

CREATE TABLE notice (
	id BIGSERIAL NOT NULL,
	broadcast_id BIGINT NOT NULL,
	channel_id BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	version INTEGER NOT NULL,
	why VARCHAR(200) NOT NULL,
	why_detail VARCHAR(200),
	custom TEXT NOT NULL,
	said TEXT NOT NULL,
	title VARCHAR(200) NOT NULL,
	due TIMESTAMP WITH TIME ZONE NOT NULL,
	post_id VARCHAR(24) NOT NULL,
	posted_at TIMESTAMP WITH TIME ZONE,
	updated_at TIMESTAMP WITH TIME ZONE,
	retitle_due TIMESTAMP WITH TIME ZONE,
	closed_at TIMESTAMP WITH TIME ZONE,
	event_id VARCHAR(24),
	event_name VARCHAR(200),
	CONSTRAINT pk_notice PRIMARY KEY (id),
	CONSTRAINT uq_notice_broadcast_id UNIQUE (broadcast_id)
);

CREATE INDEX ix_notice_channel_id_posted_at ON notice (channel_id, posted_at);

CREATE INDEX ix_notice_closed_at_state ON notice (closed_at, state);

CREATE TABLE notification (
	id BIGSERIAL NOT NULL,
	broadcast_id BIGINT,
	channel_id BIGINT NOT NULL,
	way VARCHAR(10) NOT NULL,
	state VARCHAR(10) NOT NULL,
	version INTEGER NOT NULL,
	why VARCHAR(200) NOT NULL,
	due TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	recipients INTEGER NOT NULL,
	message_id VARCHAR(32) NOT NULL,
	CONSTRAINT pk_notification PRIMARY KEY (id),
	CONSTRAINT uq_notification_broadcast_id_way UNIQUE (broadcast_id, way)
);

CREATE INDEX ix_notification_channel_id_way_sent_at ON notification (channel_id, way, sent_at);

CREATE INDEX ix_notification_state_due ON notification (state, due);

CREATE TABLE outbox (
	id BIGSERIAL NOT NULL,
	kind VARCHAR(32) NOT NULL,
	target TEXT NOT NULL,
	host VARCHAR(255) NOT NULL,
	group_key VARCHAR(64) NOT NULL,
	once VARCHAR(64),
	body TEXT NOT NULL,
	state VARCHAR(8) NOT NULL,
	due DOUBLE PRECISION NOT NULL,
	attempts INTEGER NOT NULL,
	expires_at DOUBLE PRECISION,
	owner VARCHAR(100) NOT NULL,
	last_error VARCHAR(300) NOT NULL,
	created_at DOUBLE PRECISION NOT NULL,
	finished_at DOUBLE PRECISION,
	CONSTRAINT pk_outbox PRIMARY KEY (id),
	CONSTRAINT uq_outbox_once UNIQUE (once)
);

CREATE INDEX ix_outbox_group_key_state ON outbox (group_key, state);

CREATE INDEX ix_outbox_host_state ON outbox (host, state);

CREATE INDEX ix_outbox_state_due ON outbox (state, due);

CREATE TABLE person (
	id BIGSERIAL NOT NULL,
	name VARCHAR(64) NOT NULL,
	role VARCHAR(16) NOT NULL,
	password_hash VARCHAR(255) NOT NULL,
	weak BOOLEAN,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_person PRIMARY KEY (id),
	CONSTRAINT uq_person_name UNIQUE (name)
);

CREATE TABLE post (
	id VARCHAR(24) NOT NULL,
	channel_id BIGINT NOT NULL,
	document JSONB NOT NULL,
	visibility VARCHAR(10) NOT NULL,
	pinned BOOLEAN NOT NULL,
	published_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE,
	deleted_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_post PRIMARY KEY (id)
);

CREATE INDEX ix_post_channel_id ON post (channel_id);

CREATE TABLE post_reach (
	post_id VARCHAR(24) NOT NULL,
	mentions JSONB NOT NULL,
	inboxes JSONB NOT NULL,
	CONSTRAINT pk_post_reach PRIMARY KEY (post_id)
);

CREATE TABLE push_subscription (
	id BIGSERIAL NOT NULL,
	channel_id BIGINT NOT NULL,
	endpoint TEXT NOT NULL,
	endpoint_hash VARCHAR(64) NOT NULL,
	p256dh VARCHAR(88) NOT NULL,
	auth VARCHAR(24) NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	refusals INTEGER NOT NULL,
	CONSTRAINT pk_push_subscription PRIMARY KEY (id),
	CONSTRAINT uq_push_subscription_channel_id_endpoint_hash UNIQUE (channel_id, endpoint_hash)
);

CREATE INDEX ix_push_subscription_visitor_id_id ON push_subscription (visitor_id, id);

CREATE TABLE quote (
	id VARCHAR(24) NOT NULL,
	channel_id BIGINT NOT NULL,
	post_id VARCHAR(24) NOT NULL,
	quoting VARCHAR(2048) NOT NULL,
	actor VARCHAR(2048) NOT NULL,
	inbox VARCHAR(2048) NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_quote PRIMARY KEY (id),
	CONSTRAINT uq_quote_post_id_quoting UNIQUE (post_id, quoting)
);

CREATE INDEX ix_quote_channel_id ON quote (channel_id);

CREATE INDEX ix_quote_revoked_at ON quote (revoked_at);

CREATE TABLE remote_actor (
	id BIGSERIAL NOT NULL,
	url VARCHAR(2048) NOT NULL,
	key_id VARCHAR(2048) NOT NULL,
	host VARCHAR(260),
	handle VARCHAR(320) NOT NULL,
	name VARCHAR(500) NOT NULL,
	image VARCHAR(2048) NOT NULL,
	inbox VARCHAR(2048) NOT NULL,
	shared_inbox VARCHAR(2048) NOT NULL,
	document JSONB NOT NULL,
	fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
	hidden BOOLEAN NOT NULL,
	moved_to VARCHAR(2048) NOT NULL,
	checked_at TIMESTAMP WITH TIME ZONE,
	failed_checks INTEGER NOT NULL,
	CONSTRAINT pk_remote_actor PRIMARY KEY (id),
	CONSTRAINT uq_remote_actor_url UNIQUE (url)
);

CREATE INDEX ix_remote_actor_host ON remote_actor (host);

CREATE INDEX ix_remote_actor_inbox ON remote_actor (inbox);

CREATE INDEX ix_remote_actor_key_id ON remote_actor (key_id);

CREATE INDEX ix_remote_actor_shared_inbox ON remote_actor (shared_inbox);

CREATE TABLE remote_note (
	id BIGSERIAL NOT NULL,
	url VARCHAR(2048) NOT NULL,
	channel_id BIGINT NOT NULL,
	post_id VARCHAR(24) NOT NULL,
	actor VARCHAR(2048) NOT NULL,
	name VARCHAR(500) NOT NULL,
	handle VARCHAR(320) NOT NULL,
	image VARCHAR(2048) NOT NULL,
	link VARCHAR(2048) NOT NULL,
	state VARCHAR(10) NOT NULL,
	html TEXT NOT NULL,
	body TEXT NOT NULL,
	warning VARCHAR(200) NOT NULL,
	message_id VARCHAR(13),
	edits INTEGER NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	edited_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_remote_note PRIMARY KEY (id),
	CONSTRAINT uq_remote_note_url UNIQUE (url)
);

CREATE INDEX ix_remote_note_actor ON remote_note (actor);

CREATE INDEX ix_remote_note_at ON remote_note (at);

CREATE INDEX ix_remote_note_message_id ON remote_note (message_id);

CREATE INDEX ix_remote_note_post_id_state ON remote_note (post_id, state);

CREATE INDEX ix_remote_note_state_channel_id ON remote_note (state, channel_id);

CREATE TABLE schedule_series (
	id VARCHAR(24) NOT NULL,
	channel_id BIGINT NOT NULL,
	name VARCHAR(200) NOT NULL,
	description TEXT NOT NULL,
	recurrence VARCHAR(1000) NOT NULL,
	minutes INTEGER NOT NULL,
	active BOOLEAN NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_schedule_series PRIMARY KEY (id)
);

CREATE INDEX ix_schedule_series_channel_id_id ON schedule_series (channel_id, id);

CREATE TABLE scheduled (
	name VARCHAR(64) NOT NULL,
	due DOUBLE PRECISION NOT NULL,
	runs INTEGER NOT NULL,
	last_run_at DOUBLE PRECISION,
	CONSTRAINT pk_scheduled PRIMARY KEY (name)
);

CREATE TABLE scheduled_event (
	id VARCHAR(24) NOT NULL,
	channel_id BIGINT NOT NULL,
	series_id VARCHAR(24),
	original_start TIMESTAMP WITH TIME ZONE,
	name VARCHAR(200) NOT NULL,
	description TEXT NOT NULL,
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	minutes INTEGER NOT NULL,
	timezone VARCHAR(64) NOT NULL,
	status VARCHAR(10) NOT NULL,
	edited BOOLEAN NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	version INTEGER NOT NULL,
	posted_version INTEGER,
	warned_at TIMESTAMP WITH TIME ZONE,
	started_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	broadcast_id BIGINT,
	CONSTRAINT pk_scheduled_event PRIMARY KEY (id),
	CONSTRAINT uq_scheduled_event_series_id_original_start UNIQUE (series_id, original_start)
);

CREATE INDEX ix_scheduled_event_broadcast_id ON scheduled_event (broadcast_id);

CREATE INDEX ix_scheduled_event_channel_id_starts_at ON scheduled_event (channel_id, starts_at);

CREATE INDEX ix_scheduled_event_status_ends_at ON scheduled_event (status, ends_at);

CREATE TABLE seen_activity (
	activity_id VARCHAR(2048) NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	side VARCHAR(65),
	CONSTRAINT pk_seen_activity PRIMARY KEY (activity_id)
);

CREATE INDEX ix_seen_activity_at ON seen_activity (at);

CREATE INDEX ix_seen_activity_side ON seen_activity (side);

CREATE TABLE setting (
	id BIGSERIAL NOT NULL,
	name VARCHAR(64) NOT NULL,
	channel_id BIGINT NOT NULL,
	value JSONB NOT NULL,
	CONSTRAINT pk_setting PRIMARY KEY (id),
	CONSTRAINT uq_setting_name_channel_id UNIQUE (name, channel_id)
);

CREATE TABLE vapid_key (
	name VARCHAR(16) NOT NULL,
	private_key VARCHAR(64) NOT NULL,
	public_key VARCHAR(128) NOT NULL,
	CONSTRAINT pk_vapid_key PRIMARY KEY (name)
);

CREATE TABLE viewer_count (
	id BIGSERIAL NOT NULL,
	channel_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	viewers INTEGER NOT NULL,
	process VARCHAR(32),
	CONSTRAINT pk_viewer_count PRIMARY KEY (id),
	CONSTRAINT uq_viewer_count_channel_id_at_process UNIQUE (channel_id, at, process)
);

CREATE TABLE visitor (
	id VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL,
	likeness VARCHAR(128) NOT NULL,
	colour SMALLINT NOT NULL,
	role VARCHAR(16) NOT NULL,
	previous_names JSONB NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	renamed_at TIMESTAMP WITH TIME ZONE,
	authenticated_at TIMESTAMP WITH TIME ZONE,
	disabled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_visitor PRIMARY KEY (id)
);

CREATE INDEX ix_visitor_created_at ON visitor (created_at);

CREATE INDEX ix_visitor_disabled_at ON visitor (disabled_at);

CREATE INDEX ix_visitor_likeness ON visitor (likeness);

CREATE INDEX ix_visitor_role ON visitor (role);

CREATE TABLE webhook (
	id BIGSERIAL NOT NULL,
	url VARCHAR(2048) NOT NULL,
	events JSONB NOT NULL,
	secret VARCHAR(256) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_used_at TIMESTAMP WITH TIME ZONE,
	disabled VARCHAR(10) NOT NULL,
	failing_since TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_webhook PRIMARY KEY (id)
);

CREATE TABLE webhook_delivery (
	id BIGSERIAL NOT NULL,
	webhook_id BIGINT NOT NULL,
	event VARCHAR(40) NOT NULL,
	once VARCHAR(64),
	message_id VARCHAR(40) NOT NULL,
	body TEXT NOT NULL,
	state VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	busy_until TIMESTAMP WITH TIME ZONE,
	busy_by VARCHAR(100) NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	duration_ms INTEGER,
	status INTEGER,
	answer TEXT NOT NULL,
	error VARCHAR(300) NOT NULL,
	headers JSONB,
	CONSTRAINT pk_webhook_delivery PRIMARY KEY (id),
	CONSTRAINT uq_webhook_delivery_once UNIQUE (once)
);

CREATE INDEX ix_webhook_delivery_state_expires_at ON webhook_delivery (state, expires_at);

CREATE INDEX ix_webhook_delivery_webhook_id_state_id ON webhook_delivery (webhook_id, state, id);

CREATE TABLE broadcast (
	id BIGSERIAL NOT NULL,
	title VARCHAR(200) NOT NULL,
	started_at TIMESTAMP WITH TIME ZONE NOT NULL,
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	lost_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	end_reason VARCHAR(200) NOT NULL,
	end_detail VARCHAR(200),
	encoder JSONB NOT NULL,
	peak_viewers INTEGER NOT NULL,
	channel_id BIGINT NOT NULL,
	CONSTRAINT pk_broadcast PRIMARY KEY (id),
	CONSTRAINT fk_broadcast_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE INDEX ix_broadcast_channel_id_started_at ON broadcast (channel_id, started_at);

CREATE TABLE engagement (
	id BIGSERIAL NOT NULL,
	channel_id BIGINT NOT NULL,
	kind VARCHAR(10) NOT NULL,
	object VARCHAR(1100) NOT NULL,
	activity_id VARCHAR(2048) NOT NULL,
	reaction VARCHAR(64) NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	undone_at TIMESTAMP WITH TIME ZONE,
	actor_id BIGINT NOT NULL,
	CONSTRAINT pk_engagement PRIMARY KEY (id),
	CONSTRAINT fk_engagement_actor_id FOREIGN KEY(actor_id) REFERENCES remote_actor (id) ON DELETE CASCADE,
	CONSTRAINT uq_engagement_actor_id_kind_object UNIQUE (actor_id, kind, object)
);

CREATE INDEX ix_engagement_channel_id ON engagement (channel_id);

CREATE INDEX ix_engagement_object_kind ON engagement (object, kind);

CREATE INDEX ix_engagement_undone_at ON engagement (undone_at);

CREATE TABLE follower (
	id BIGSERIAL NOT NULL,
	channel_id BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	directory BOOLEAN NOT NULL,
	follow JSONB NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	approved_at TIMESTAMP WITH TIME ZONE,
	disabled_at TIMESTAMP WITH TIME ZONE,
	held_for VARCHAR(20) NOT NULL,
	actor_id BIGINT NOT NULL,
	CONSTRAINT pk_follower PRIMARY KEY (id),
	CONSTRAINT fk_follower_actor_id FOREIGN KEY(actor_id) REFERENCES remote_actor (id) ON DELETE CASCADE,
	CONSTRAINT uq_follower_channel_id_actor_id UNIQUE (channel_id, actor_id)
);

CREATE INDEX ix_follower_actor_id ON follower (actor_id);

CREATE INDEX ix_follower_state_channel_id_id ON follower (state, channel_id, id);

CREATE TABLE message (
	id BIGSERIAL NOT NULL,
	kind VARCHAR(16) NOT NULL,
	origin VARCHAR(16) NOT NULL,
	body TEXT NOT NULL,
	html TEXT NOT NULL,
	visible BOOLEAN NOT NULL,
	hidden_at TIMESTAMP WITH TIME ZONE,
	author VARCHAR(2048),
	more JSONB,
	channel_id BIGINT NOT NULL,
	visitor_id VARCHAR(16),
	CONSTRAINT pk_message PRIMARY KEY (id),
	CONSTRAINT fk_message_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE,
	CONSTRAINT fk_message_visitor_id FOREIGN KEY(visitor_id) REFERENCES visitor (id) ON DELETE CASCADE
);

CREATE INDEX ix_message_author ON message (author);

CREATE INDEX ix_message_channel_id_hidden_at ON message (channel_id, hidden_at);

CREATE INDEX ix_message_channel_id_id ON message (channel_id, id);

CREATE INDEX ix_message_channel_id_visible_id ON message (channel_id, visible, id);

CREATE INDEX ix_message_visitor_id_id ON message (visitor_id, id);

CREATE TABLE stream_key (
	id BIGSERIAL NOT NULL,
	key VARCHAR(200) NOT NULL,
	comment VARCHAR(200) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	channel_id BIGINT NOT NULL,
	CONSTRAINT pk_stream_key PRIMARY KEY (id),
	CONSTRAINT uq_stream_key_key UNIQUE (key),
	CONSTRAINT fk_stream_key_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE TABLE visitor_identity (
	id BIGSERIAL NOT NULL,
	kind VARCHAR(20) NOT NULL,
	identity VARCHAR(500) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	CONSTRAINT pk_visitor_identity PRIMARY KEY (id),
	CONSTRAINT fk_visitor_identity_visitor_id FOREIGN KEY(visitor_id) REFERENCES visitor (id) ON DELETE CASCADE,
	CONSTRAINT uq_visitor_identity_kind_identity UNIQUE (kind, identity)
);

CREATE INDEX ix_visitor_identity_visitor_id ON visitor_identity (visitor_id);

CREATE TABLE visitor_token (
	token_hash VARCHAR(64) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	CONSTRAINT pk_visitor_token PRIMARY KEY (token_hash),
	CONSTRAINT fk_visitor_token_visitor_id FOREIGN KEY(visitor_id) REFERENCES visitor (id) ON DELETE CASCADE
);

CREATE INDEX ix_visitor_token_visitor_id ON visitor_token (visitor_id);

