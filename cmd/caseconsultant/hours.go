package main

import (
	"strings"
	"time"
)

// words says a queue's business hours as a letter does: "Monday to Friday, 9 am to 5 pm Eastern". "" when they are not
// stated.
func (q *QueueConfig) words() string {
	fields := strings.Fields(q.Hours)
	if len(fields) != 3 {
		return ""
	}
	var days []string
	for part := range strings.SplitSeq(strings.ToLower(fields[0]), ",") {
		first, last, ranged := strings.Cut(part, "-")
		text := dayWords[first]
		if ranged {
			text += " to " + dayWords[last]
		}
		days = append(days, text)
	}
	from, to, _ := strings.Cut(fields[1], "-")
	zone := zoneWords[fields[2]]
	if zone == "" {
		zone = fields[2]
	}
	return strings.Join(days, ", ") + ", " + clockWords(from) + " to " + clockWords(to) + " " + zone
}

var dayWords = map[string]string{"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday"}

// zoneWords are the names that people in the United States use for their zones.
var zoneWords = map[string]string{
	"America/New_York": "Eastern", "America/Chicago": "Central", "America/Denver": "Mountain", "America/Phoenix": "Arizona time",
	"America/Los_Angeles": "Pacific", "America/Anchorage": "Alaska time", "Pacific/Honolulu": "Hawaii time",
}

func clockWords(clock string) string {
	if clock == "24:00" || clock == "00:00" {
		return "midnight"
	}
	t, err := time.Parse("15:04", clock)
	switch {
	case err != nil:
		return clock
	case clock == "12:00":
		return "noon"
	case t.Minute() == 0:
		return t.Format("3 pm")
	}
	return t.Format("3:04 pm")
}
