package desk

import (
	"net/http"

	"caseconsultant/workflow/people"
)

// Route is a route as tests see it.
type Route struct {
	Pattern string
	Needs   people.Role
}

// Routes lists all routes.
func Routes() []Route {
	var list []Route
	for _, rt := range routes() {
		list = append(list, Route{rt.pattern, rt.needs})
	}
	return list
}

// RemoteAddr is how the desk finds a browser's address.
func RemoteAddr(r *http.Request) string { return remoteAddr(r) }
