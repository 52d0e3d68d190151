"""The daemon's room: life under systemd, schedules and the control socket."""
