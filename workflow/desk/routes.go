package desk

import "caseconsultant/workflow/people"

// anyone marks a route that needs no sign-in. All others need at least the role beside them.
const anyone people.Role = ""

// route is one line of the desk: what is asked for, who may, who serves it.
type route struct {
	pattern string // method and path as in net/http.ServeMux
	needs   people.Role
	serve   func(*Desk, *call) error
}

// routes is everything that the desk answers to. A test sends a request to each as every role and as nobody.
func routes() []route {
	return []route{
		// The door
		{"GET /login", anyone, (*Desk).showLogin},
		{"POST /login", anyone, (*Desk).login},
		{"POST /logout", anyone, (*Desk).logout},
		{"GET /assets/{name}", anyone, (*Desk).asset},

		// Queue
		{"GET /{$}", people.Consultant, (*Desk).home},
		{"GET /queue", people.Consultant, (*Desk).queue},

		// Case
		{"GET /cases/{ref}", people.Consultant, (*Desk).showCase},
		{"GET /cases/{ref}/{action}", people.Consultant, (*Desk).backToCase}, // a reload of what a form answered
		{"POST /cases/{ref}/claim", people.Consultant, (*Desk).claim},
		{"POST /cases/{ref}/release", people.Consultant, (*Desk).release}, // another's: leads, checked there
		{"POST /cases/{ref}/answer", people.Consultant, (*Desk).answer},
		{"POST /cases/{ref}/ask", people.Consultant, (*Desk).ask},
		{"POST /cases/{ref}/preview", people.Consultant, (*Desk).preview},
		{"POST /cases/{ref}/draft", people.Consultant, (*Desk).draft},
		{"POST /cases/{ref}/note", people.Consultant, (*Desk).note},
		{"POST /cases/{ref}/close", people.Consultant, (*Desk).closeCase},
		{"POST /cases/{ref}/reopen", people.Consultant, (*Desk).reopen},
		{"POST /cases/{ref}/requeue", people.Consultant, (*Desk).requeue},
		{"POST /cases/{ref}/reveal", people.Consultant, (*Desk).reveal},
		{"GET /attachments/{id}", people.Consultant, (*Desk).attachment},
		{"GET /messages/{id}/raw", people.Consultant, (*Desk).raw},

		// Mail in and out
		{"GET /intake", people.Consultant, (*Desk).intake},
		{"GET /outbox", people.Consultant, (*Desk).outbox},
		{"POST /deliveries/{id}/retry", people.Consultant, (*Desk).deliver},
		{"POST /deliveries/{id}/arrived", people.Consultant, (*Desk).deliver},
		{"POST /deliveries/{id}/resend", people.Consultant, (*Desk).deliver},
		{"POST /deliveries/{id}/approve", people.Consultant, (*Desk).deliver},
		{"POST /deliveries/{id}/cancel", people.Consultant, (*Desk).deliver},

		// Reference book
		{"GET /codes", people.Consultant, (*Desk).findCodes},
		{"GET /codes/{system}/{code}", people.Consultant, (*Desk).showCode},
		{"GET /codes/{system}/{code}/words", people.Consultant, (*Desk).backToCode}, // a reload of what the form answered
		{"POST /codes/{system}/{code}/words", people.Consultant, (*Desk).writeWords},
		{"POST /codes/{system}/{code}/words/{id}/review", people.Consultant, (*Desk).reviewWords},

		// Words of others
		{"GET /licences", people.Consultant, (*Desk).showLicences},
		{"GET /licences/{name}/accept", people.Consultant, (*Desk).backToLicences}, // a reload of what the form answered
		{"POST /licences/{name}/accept", people.Consultant, (*Desk).acceptLicence},

		// People
		{"GET /settings", people.Consultant, (*Desk).settings},
		{"POST /settings/name", people.Consultant, (*Desk).setName},
		{"POST /settings/password", people.Consultant, (*Desk).setPassword},
		{"POST /settings/theme", people.Consultant, (*Desk).setTheme},
		{"POST /users", people.Admin, (*Desk).addUser},
		{"POST /users/{id}/password", people.Admin, (*Desk).resetPassword},
		{"POST /users/{id}/disable", people.Admin, (*Desk).disableUser},
		{"POST /users/{id}/enable", people.Admin, (*Desk).enableUser},

		// Live
		{"GET /events", people.Consultant, (*Desk).events},
	}
}
