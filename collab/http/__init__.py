"""REST, beside the sockets: one router a resource."""
