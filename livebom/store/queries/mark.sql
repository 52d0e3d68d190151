UPDATE sweep SET trail = $trail WHERE sweep_id = $sweep_id;
