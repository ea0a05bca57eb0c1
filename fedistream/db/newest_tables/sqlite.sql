-- Written by `python -m fedistream.db.write_newest`.
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);

CREATE TABLE admin_recovery_code (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	code_hash VARCHAR(64) NOT NULL,
	CONSTRAINT uq_admin_recovery_code_code_hash UNIQUE (code_hash)
);

CREATE TABLE admin_session (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	token_hash VARCHAR(64) NOT NULL,
	kind VARCHAR(8) NOT NULL,
	network VARCHAR(64) NOT NULL,
	user_agent VARCHAR(512) NOT NULL,
	created_at DATETIME NOT NULL,
	last_used_at DATETIME NOT NULL,
	CONSTRAINT uq_admin_session_token_hash UNIQUE (token_hash)
);

CREATE TABLE admin_totp (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	secret VARCHAR(64) NOT NULL,
	enabled BOOLEAN NOT NULL,
	basic_allowed BOOLEAN NOT NULL,
	last_step BIGINT NOT NULL
);

CREATE TABLE change_count (
	name VARCHAR(64) NOT NULL,
	count BIGINT NOT NULL,
	CONSTRAINT pk_change_count PRIMARY KEY (name)
);

CREATE TABLE channel (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	slug VARCHAR(40) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT uq_channel_slug UNIQUE (slug)
);

CREATE TABLE directory_registration (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	url VARCHAR(2048) NOT NULL,
	"key" VARCHAR(200) NOT NULL,
	success BOOLEAN NOT NULL,
	error VARCHAR(300) NOT NULL,
	error_code INTEGER,
	at DATETIME NOT NULL
);

CREATE TABLE featured_server (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	url VARCHAR(2048) NOT NULL,
	actor VARCHAR(2048) NOT NULL,
	inbox VARCHAR(2048) NOT NULL,
	channel_id BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	follow JSON NOT NULL,
	name VARCHAR(500) NOT NULL,
	logo VARCHAR(2048) NOT NULL,
	online BOOLEAN NOT NULL,
	title VARCHAR(500) NOT NULL,
	description VARCHAR(500) NOT NULL,
	thumbnail VARCHAR(2048) NOT NULL,
	tags JSON NOT NULL,
	added_at DATETIME NOT NULL,
	followed_at DATETIME,
	status_at DATETIME,
	online_at DATETIME,
	CONSTRAINT uq_featured_server_actor UNIQUE (actor)
);

CREATE TABLE federation_key (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	channel_id BIGINT NOT NULL,
	pem TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	number INTEGER NOT NULL,
	old_pem TEXT,
	changed_at DATETIME,
	CONSTRAINT uq_federation_key_channel_id UNIQUE (channel_id)
);

CREATE TABLE flag (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	channel_id BIGINT NOT NULL,
	actor VARCHAR(2048) NOT NULL,
	server VARCHAR(255) NOT NULL,
	objects JSON NOT NULL,
	content TEXT NOT NULL,
	at DATETIME NOT NULL,
	settled_at DATETIME
);

CREATE INDEX ix_flag_settled_at ON flag (settled_at);

CREATE TABLE host_health (
	host VARCHAR(255) NOT NULL,
	circuit VARCHAR(10) NOT NULL,
	failures INTEGER NOT NULL,
	open_until DOUBLE NOT NULL,
	failing_days INTEGER NOT NULL,
	failing_since DOUBLE NOT NULL,
	failed_at DOUBLE NOT NULL,
	dead_since DOUBLE,
	CONSTRAINT pk_host_health PRIMARY KEY (host)
);

CREATE TABLE indieauth_grant (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	secret_hash VARCHAR(64) NOT NULL,
	kind VARCHAR(10) NOT NULL,
	client_id TEXT NOT NULL,
	redirect_uri TEXT NOT NULL,
	state TEXT NOT NULL,
	challenge VARCHAR(43) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT uq_indieauth_grant_secret_hash UNIQUE (secret_hash)
);

CREATE INDEX ix_indieauth_grant_created_at ON indieauth_grant (created_at);

CREATE TABLE integration (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	token_hash VARCHAR(64) NOT NULL,
	seed VARCHAR(64),
	handle VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL,
	scopes JSON NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	created_at DATETIME NOT NULL,
	last_used_at DATETIME,
	CONSTRAINT uq_integration_token_hash UNIQUE (token_hash),
	CONSTRAINT uq_integration_handle UNIQUE (handle)
);

CREATE TABLE ip_ban (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	address VARCHAR(64) NOT NULL,
	cause VARCHAR(20),
	notes VARCHAR(500) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT uq_ip_ban_address UNIQUE (address)
);

CREATE TABLE moderation_action (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	what VARCHAR(32) NOT NULL,
	actor VARCHAR(64) NOT NULL,
	target VARCHAR(64) NOT NULL,
	cause VARCHAR(20),
	why VARCHAR(500) NOT NULL,
	at DATETIME NOT NULL
);

CREATE INDEX ix_moderation_action_target ON moderation_action (target);

CREATE TABLE node_secret (
	name VARCHAR(16) NOT NULL,
	secret VARCHAR(128) NOT NULL,
	CONSTRAINT pk_node_secret PRIMARY KEY (name)
);

CREATE TABLE notice (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	broadcast_id BIGINT NOT NULL,
	channel_id BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	version INTEGER NOT NULL,
	why VARCHAR(200) NOT NULL,
	why_detail VARCHAR(200),
	custom TEXT NOT NULL,
	said TEXT NOT NULL,
	title VARCHAR(200) NOT NULL,
	due DATETIME NOT NULL,
	post_id VARCHAR(24) NOT NULL,
	posted_at DATETIME,
	updated_at DATETIME,
	retitle_due DATETIME,
	closed_at DATETIME,
	event_id VARCHAR(24),
	event_name VARCHAR(200),
	CONSTRAINT uq_notice_broadcast_id UNIQUE (broadcast_id)
);

CREATE INDEX ix_notice_channel_id_posted_at ON notice (channel_id, posted_at);

CREATE INDEX ix_notice_closed_at_state ON notice (closed_at, state);

CREATE TABLE notification (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	broadcast_id BIGINT,
	channel_id BIGINT NOT NULL,
	way VARCHAR(10) NOT NULL,
	state VARCHAR(10) NOT NULL,
	version INTEGER NOT NULL,
	why VARCHAR(200) NOT NULL,
	due DATETIME NOT NULL,
	sent_at DATETIME,
	recipients INTEGER NOT NULL,
	message_id VARCHAR(32) NOT NULL,
	CONSTRAINT uq_notification_broadcast_id_way UNIQUE (broadcast_id, way)
);

CREATE INDEX ix_notification_channel_id_way_sent_at ON notification (channel_id, way, sent_at);

CREATE INDEX ix_notification_state_due ON notification (state, due);

CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind VARCHAR(32) NOT NULL,
	target TEXT NOT NULL,
	host VARCHAR(255) NOT NULL,
	group_key VARCHAR(64) NOT NULL,
	once VARCHAR(64),
	body TEXT NOT NULL,
	state VARCHAR(8) NOT NULL,
	due DOUBLE NOT NULL,
	attempts INTEGER NOT NULL,
	expires_at DOUBLE,
	owner VARCHAR(100) NOT NULL,
	last_error VARCHAR(300) NOT NULL,
	created_at DOUBLE NOT NULL,
	finished_at DOUBLE,
	CONSTRAINT uq_outbox_once UNIQUE (once)
);

CREATE INDEX ix_outbox_group_key_state ON outbox (group_key, state);

CREATE INDEX ix_outbox_host_state ON outbox (host, state);

CREATE INDEX ix_outbox_state_due ON outbox (state, due);

CREATE TABLE person (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	name VARCHAR(64) NOT NULL,
	role VARCHAR(16) NOT NULL,
	password_hash VARCHAR(255) NOT NULL,
	weak BOOLEAN,
	created_at DATETIME NOT NULL,
	CONSTRAINT uq_person_name UNIQUE (name)
);

CREATE TABLE post (
	id VARCHAR(24) NOT NULL,
	channel_id BIGINT NOT NULL,
	document JSON NOT NULL,
	visibility VARCHAR(10) NOT NULL,
	pinned BOOLEAN NOT NULL,
	published_at DATETIME NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_post PRIMARY KEY (id)
);

CREATE INDEX ix_post_channel_id ON post (channel_id);

CREATE TABLE post_reach (
	post_id VARCHAR(24) NOT NULL,
	mentions JSON NOT NULL,
	inboxes JSON NOT NULL,
	CONSTRAINT pk_post_reach PRIMARY KEY (post_id)
);

CREATE TABLE push_subscription (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	channel_id BIGINT NOT NULL,
	endpoint TEXT NOT NULL,
	endpoint_hash VARCHAR(64) NOT NULL,
	p256dh VARCHAR(88) NOT NULL,
	auth VARCHAR(24) NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	created_at DATETIME NOT NULL,
	refusals INTEGER NOT NULL,
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
	at DATETIME NOT NULL,
	revoked_at DATETIME,
	CONSTRAINT pk_quote PRIMARY KEY (id),
	CONSTRAINT uq_quote_post_id_quoting UNIQUE (post_id, quoting)
);

CREATE INDEX ix_quote_channel_id ON quote (channel_id);

CREATE INDEX ix_quote_revoked_at ON quote (revoked_at);

CREATE TABLE remote_actor (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	url VARCHAR(2048) NOT NULL,
	key_id VARCHAR(2048) NOT NULL,
	host VARCHAR(260),
	handle VARCHAR(320) NOT NULL,
	name VARCHAR(500) NOT NULL,
	image VARCHAR(2048) NOT NULL,
	inbox VARCHAR(2048) NOT NULL,
	shared_inbox VARCHAR(2048) NOT NULL,
	document JSON NOT NULL,
	fetched_at DATETIME NOT NULL,
	hidden BOOLEAN NOT NULL,
	moved_to VARCHAR(2048) NOT NULL,
	checked_at DATETIME,
	failed_checks INTEGER NOT NULL,
	CONSTRAINT uq_remote_actor_url UNIQUE (url)
);

CREATE INDEX ix_remote_actor_host ON remote_actor (host);

CREATE INDEX ix_remote_actor_inbox ON remote_actor (inbox);

CREATE INDEX ix_remote_actor_key_id ON remote_actor (key_id);

CREATE INDEX ix_remote_actor_shared_inbox ON remote_actor (shared_inbox);

CREATE TABLE remote_note (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
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
	at DATETIME NOT NULL,
	edited_at DATETIME,
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
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_schedule_series PRIMARY KEY (id)
);

CREATE INDEX ix_schedule_series_channel_id_id ON schedule_series (channel_id, id);

CREATE TABLE scheduled (
	name VARCHAR(64) NOT NULL,
	due DOUBLE NOT NULL,
	runs INTEGER NOT NULL,
	last_run_at DOUBLE,
	CONSTRAINT pk_scheduled PRIMARY KEY (name)
);

CREATE TABLE scheduled_event (
	id VARCHAR(24) NOT NULL,
	channel_id BIGINT NOT NULL,
	series_id VARCHAR(24),
	original_start DATETIME,
	name VARCHAR(200) NOT NULL,
	description TEXT NOT NULL,
	starts_at DATETIME NOT NULL,
	ends_at DATETIME NOT NULL,
	minutes INTEGER NOT NULL,
	timezone VARCHAR(64) NOT NULL,
	status VARCHAR(10) NOT NULL,
	edited BOOLEAN NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	version INTEGER NOT NULL,
	posted_version INTEGER,
	warned_at DATETIME,
	started_at DATETIME,
	ended_at DATETIME,
	broadcast_id BIGINT,
	CONSTRAINT pk_scheduled_event PRIMARY KEY (id),
	CONSTRAINT uq_scheduled_event_series_id_original_start UNIQUE (series_id, original_start)
);

CREATE INDEX ix_scheduled_event_broadcast_id ON scheduled_event (broadcast_id);

CREATE INDEX ix_scheduled_event_channel_id_starts_at ON scheduled_event (channel_id, starts_at);

CREATE INDEX ix_scheduled_event_status_ends_at ON scheduled_event (status, ends_at);

CREATE TABLE seen_activity (
	activity_id VARCHAR(2048) NOT NULL,
	at DATETIME NOT NULL,
	side VARCHAR(65),
	CONSTRAINT pk_seen_activity PRIMARY KEY (activity_id)
);

CREATE INDEX ix_seen_activity_at ON seen_activity (at);

CREATE INDEX ix_seen_activity_side ON seen_activity (side);

CREATE TABLE setting (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	name VARCHAR(64) NOT NULL,
	channel_id BIGINT NOT NULL,
	value JSON NOT NULL,
	CONSTRAINT uq_setting_name_channel_id UNIQUE (name, channel_id)
);

CREATE TABLE vapid_key (
	name VARCHAR(16) NOT NULL,
	private_key VARCHAR(64) NOT NULL,
	public_key VARCHAR(128) NOT NULL,
	CONSTRAINT pk_vapid_key PRIMARY KEY (name)
);

CREATE TABLE viewer_count (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	channel_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	viewers INTEGER NOT NULL,
	process VARCHAR(32),
	CONSTRAINT uq_viewer_count_channel_id_at_process UNIQUE (channel_id, at, process)
);

CREATE TABLE visitor (
	id VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL,
	likeness VARCHAR(128) NOT NULL,
	colour SMALLINT NOT NULL,
	role VARCHAR(16) NOT NULL,
	previous_names JSON NOT NULL,
	created_at DATETIME NOT NULL,
	renamed_at DATETIME,
	authenticated_at DATETIME,
	disabled_at DATETIME,
	CONSTRAINT pk_visitor PRIMARY KEY (id)
);

CREATE INDEX ix_visitor_created_at ON visitor (created_at);

CREATE INDEX ix_visitor_disabled_at ON visitor (disabled_at);

CREATE INDEX ix_visitor_likeness ON visitor (likeness);

CREATE INDEX ix_visitor_role ON visitor (role);

CREATE TABLE webhook (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	url VARCHAR(2048) NOT NULL,
	events JSON NOT NULL,
	secret VARCHAR(256) NOT NULL,
	created_at DATETIME NOT NULL,
	last_used_at DATETIME,
	disabled VARCHAR(10) NOT NULL,
	failing_since DATETIME
);

CREATE TABLE webhook_delivery (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	webhook_id BIGINT NOT NULL,
	event VARCHAR(40) NOT NULL,
	once VARCHAR(64),
	message_id VARCHAR(40) NOT NULL,
	body TEXT NOT NULL,
	state VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	busy_until DATETIME,
	busy_by VARCHAR(100) NOT NULL,
	sent_at DATETIME,
	duration_ms INTEGER,
	status INTEGER,
	answer TEXT NOT NULL,
	error VARCHAR(300) NOT NULL,
	headers JSON,
	CONSTRAINT uq_webhook_delivery_once UNIQUE (once)
);

CREATE INDEX ix_webhook_delivery_state_expires_at ON webhook_delivery (state, expires_at);

CREATE INDEX ix_webhook_delivery_webhook_id_state_id ON webhook_delivery (webhook_id, state, id);

CREATE TABLE broadcast (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	title VARCHAR(200) NOT NULL,
	started_at DATETIME NOT NULL,
	seen_at DATETIME NOT NULL,
	lost_at DATETIME,
	ended_at DATETIME,
	end_reason VARCHAR(200) NOT NULL,
	end_detail VARCHAR(200),
	encoder JSON NOT NULL,
	peak_viewers INTEGER NOT NULL,
	channel_id BIGINT NOT NULL,
	CONSTRAINT fk_broadcast_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE INDEX ix_broadcast_channel_id_started_at ON broadcast (channel_id, started_at);

CREATE TABLE engagement (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	channel_id BIGINT NOT NULL,
	kind VARCHAR(10) NOT NULL,
	object VARCHAR(1100) NOT NULL,
	activity_id VARCHAR(2048) NOT NULL,
	reaction VARCHAR(64) NOT NULL,
	at DATETIME NOT NULL,
	undone_at DATETIME,
	actor_id BIGINT NOT NULL,
	CONSTRAINT fk_engagement_actor_id FOREIGN KEY(actor_id) REFERENCES remote_actor (id) ON DELETE CASCADE,
	CONSTRAINT uq_engagement_actor_id_kind_object UNIQUE (actor_id, kind, object)
);

CREATE INDEX ix_engagement_channel_id ON engagement (channel_id);

CREATE INDEX ix_engagement_object_kind ON engagement (object, kind);

CREATE INDEX ix_engagement_undone_at ON engagement (undone_at);

CREATE TABLE follower (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	channel_id BIGINT NOT NULL,
	state VARCHAR(10) NOT NULL,
	directory BOOLEAN NOT NULL,
	follow JSON NOT NULL,
	created_at DATETIME NOT NULL,
	approved_at DATETIME,
	disabled_at DATETIME,
	held_for VARCHAR(20) NOT NULL,
	actor_id BIGINT NOT NULL,
	CONSTRAINT fk_follower_actor_id FOREIGN KEY(actor_id) REFERENCES remote_actor (id) ON DELETE CASCADE,
	CONSTRAINT uq_follower_channel_id_actor_id UNIQUE (channel_id, actor_id)
);

CREATE INDEX ix_follower_actor_id ON follower (actor_id);

CREATE INDEX ix_follower_state_channel_id_id ON follower (state, channel_id, id);

CREATE TABLE message (
	id BIGINT NOT NULL,
	kind VARCHAR(16) NOT NULL,
	origin VARCHAR(16) NOT NULL,
	body TEXT NOT NULL,
	html TEXT NOT NULL,
	visible BOOLEAN NOT NULL,
	hidden_at DATETIME,
	author VARCHAR(2048),
	more JSON,
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
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	"key" VARCHAR(200) NOT NULL,
	comment VARCHAR(200) NOT NULL,
	created_at DATETIME NOT NULL,
	channel_id BIGINT NOT NULL,
	CONSTRAINT uq_stream_key_key UNIQUE ("key"),
	CONSTRAINT fk_stream_key_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE TABLE visitor_identity (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind VARCHAR(20) NOT NULL,
	identity VARCHAR(500) NOT NULL,
	created_at DATETIME NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	CONSTRAINT fk_visitor_identity_visitor_id FOREIGN KEY(visitor_id) REFERENCES visitor (id) ON DELETE CASCADE,
	CONSTRAINT uq_visitor_identity_kind_identity UNIQUE (kind, identity)
);

CREATE INDEX ix_visitor_identity_visitor_id ON visitor_identity (visitor_id);

CREATE TABLE visitor_token (
	token_hash VARCHAR(64) NOT NULL,
	created_at DATETIME NOT NULL,
	visitor_id VARCHAR(16) NOT NULL,
	CONSTRAINT pk_visitor_token PRIMARY KEY (token_hash),
	CONSTRAINT fk_visitor_token_visitor_id FOREIGN KEY(visitor_id) REFERENCES visitor (id) ON DELETE CASCADE
);

CREATE INDEX ix_visitor_token_visitor_id ON visitor_token (visitor_id);

