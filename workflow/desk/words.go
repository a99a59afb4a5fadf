package desk

import (
	"encoding/json"
	"fmt"
	"strings"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
)

// The desk's words for what the contract names by identifiers. Readers tolerate an identifier that they do not know:
// it is shown as it is.

// tone is a colour that means something: red overdue or error, amber due soon, green settled, blue information, violet
// the reader's own, grey nothing. A word or a shape always says it too.
type tone string

const (
	red    tone = "red"
	amber  tone = "amber"
	green  tone = "green"
	blue   tone = "blue"
	violet tone = "violet"
	grey   tone = "grey"
)

type word struct {
	text string
	tone tone
	icon string
}

func stateWord(s casefile.State) word {
	switch s {
	case casefile.New:
		return word{"Being read", grey, "state-new"}
	case casefile.Waiting:
		return word{"Waiting", grey, "state-waiting"}
	case casefile.Claimed:
		return word{"Claimed", grey, "state-claimed"}
	case casefile.InReview:
		return word{"In review", blue, "state-in_review"}
	case casefile.Answered:
		return word{"Answered", green, "state-answered"}
	case casefile.AskedBack:
		return word{"Asked back", blue, "state-asked_back"}
	case casefile.Closed:
		return word{"Closed", grey, "state-closed"}
	case casefile.SetAside:
		return word{"Set aside", grey, "state-set_aside"}
	case casefile.Failed:
		return word{"Failed", red, "state-failed"}
	case casefile.Merged:
		return word{"Merged", grey, "state-merged"}
	}
	return word{string(s), grey, "state-waiting"}
}

func deliveryWord(s casefile.DeliveryState) word {
	switch s {
	case casefile.DeliveryHeld:
		return word{"held", amber, "held"}
	case casefile.DeliveryQueued:
		return word{"waits to be sent", grey, "clock"}
	case casefile.DeliverySending:
		return word{"being sent", blue, "send"}
	case casefile.DeliveryAccepted:
		return word{"accepted by the mail server", green, "check"}
	case casefile.DeliveryDeferred:
		return word{"will be tried again", amber, "clock"}
	case casefile.DeliveryFailed:
		return word{"failed", red, "error"}
	case casefile.DeliveryUncertain:
		return word{"uncertain", red, "warning"}
	case casefile.DeliveryCancelled:
		return word{"cancelled", grey, "state-set_aside"}
	}
	return word{string(s), grey, "info"}
}

func deliveryKind(k casefile.DeliveryKind) string {
	switch k {
	case casefile.Summary:
		return "Summary"
	case casefile.Acknowledgement:
		return "Acknowledgement"
	case casefile.Answer:
		return "Answer"
	case casefile.AskBack:
		return "Question back"
	}
	return sentence(strings.ReplaceAll(string(k), "_", " "))
}

func fateWord(fate string) word {
	switch fate {
	case "":
		return word{"waits to be read", grey, "clock"}
	case "case":
		return word{"a case", green, "check"}
	case "joined":
		return word{"joined a case", green, "check"}
	case "command":
		return word{"a command", blue, "info"}
	case "set_aside":
		return word{"set aside", grey, "state-set_aside"}
	case "double":
		return word{"the same mail again", grey, "copy"}
	case "failed":
		return word{"failed", red, "error"}
	case "too_large":
		return word{"too large", amber, "warning"}
	case "skipped_deleted":
		return word{"left alone: marked deleted", grey, "state-set_aside"}
	case "before_start":
		return word{"older than the start", grey, "clock"}
	case "gone":
		return word{"gone from the server", amber, "info"}
	}
	return word{fate, grey, "info"}
}

// fateFilter is a fate that the intake page filters by.
type fateFilter struct{ fate, label string }

func fateFilters() []fateFilter {
	return []fateFilter{{"", "Everything"}, {"case", "Cases"}, {"joined", "Joined"}, {"set_aside", "Set aside"}, {"double", "Doubles"}, {"failed", "Failed"},
		{"too_large", "Too large"}, {"command", "Commands"}, {"skipped_deleted", "Deleted"}, {"before_start", "Before start"}, {"gone", "Gone"}}
}

type flagView struct {
	Label string
	Tone  tone
	Why   string
}

func flagViews(flags []casefile.Flag) []flagView {
	var views []flagView
	for _, f := range flags {
		switch f {
		case casefile.Undelivered:
			views = append(views, flagView{"undelivered", red, "A mail of this case failed, or nobody knows whether it arrived."})
		case casefile.Overdue:
			views = append(views, flagView{"overdue", red, "It should have been answered by now."})
		case casefile.Reopened:
			views = append(views, flagView{"reopened", blue, "The asker wrote again after the answer."})
		case casefile.UnverifiedSender:
			views = append(views, flagView{"unverified", amber, "A message came in without proof of who sent it. Its sender gets only what you write, once you have seen this."})
		case casefile.PossiblePHI:
			views = append(views, flagView{"patient data?", amber, "Something in it may identify a patient."})
		case casefile.Held:
			views = append(views, flagView{"held", amber, "A mail waits for your approval."})
		default:
			views = append(views, flagView{strings.ReplaceAll(string(f), "_", " "), grey, ""})
		}
	}
	return views
}

func systemName(s codes.System) string {
	switch s {
	case codes.CPT:
		return "CPT"
	case codes.HCPCS:
		return "HCPCS"
	case codes.ICD10CM:
		return "ICD-10-CM"
	case codes.ICD10PCS:
		return "ICD-10-PCS"
	case codes.Modifier:
		return "modifier"
	case codes.MSDRG:
		return "MS-DRG"
	case codes.Revenue:
		return "revenue code"
	case codes.POS:
		return "place of service"
	case codes.CDT:
		return "CDT"
	case codes.NDC:
		return "NDC"
	}
	return string(s)
}

func payerName(payer string) string {
	switch payer {
	case "medicare_ffs":
		return "Medicare"
	case "medicare_advantage":
		return "Medicare Advantage"
	case "medicaid":
		return "Medicaid"
	case "commercial":
		return "commercial"
	case "workers_comp":
		return "workers' compensation"
	case "tricare_va":
		return "TRICARE or VA"
	case "self_pay":
		return "self-pay"
	}
	return ""
}

func kindName(kind string) string {
	switch kind {
	case "", "none":
		return ""
	case "audit_list":
		return "list to audit"
	case "prior_auth":
		return "prior authorisation"
	case "doc_query":
		return "documentation query"
	case "drg":
		return "DRG"
	case "hcc":
		return "HCC"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

func topicName(topic string) string {
	switch topic {
	case "ncci":
		return "NCCI edits"
	}
	return topic
}

// roleNote says how the mail speaks of a code, where that is not simply "billed".
func roleNote(r codes.Role) string {
	switch r {
	case codes.RoleAlternative:
		return "one of several that the asker weighs"
	case codes.RoleDenied:
		return "denied or rejected by the payer"
	case codes.RoleReplaced:
		return "was billed; something else takes its place"
	case codes.RoleHistory:
		return "from an earlier encounter"
	case codes.RoleReference:
		return "a topic, not billed"
	}
	return ""
}

func severityWord(severity string) word {
	switch severity {
	case "error":
		return word{"Error", red, "error"}
	case "warning":
		return word{"Care", amber, "warning"}
	}
	return word{"Note", blue, "info"}
}

// eventText is one line of a case's history.
func eventText(e casefile.Event) string {
	kind := string(e.Kind)
	if state, ok := strings.CutPrefix(kind, "delivery_"); ok {
		text := "Mail " + deliveryWord(casefile.DeliveryState(state)).text
		if reason := eventDetail(e, "reason"); reason != "" {
			text += ": " + reason
		}
		if what := eventDetail(e, "kind"); what != "" {
			text = deliveryKind(casefile.DeliveryKind(what)) + " " + deliveryWord(casefile.DeliveryState(state)).text
		}
		return text
	}
	switch kind {
	case "received":
		return "Received"
	case "joined":
		return "A further mail joined"
	case "set_aside":
		return "Set aside" + withReason(e)
	case "read":
		text := "Read" + withReason(e)
		if why := eventDetails(e, "sender"); len(why) > 0 {
			text = strings.TrimSuffix(text, ".") + ". " + strings.Join(why, " ")
		}
		return text
	case "extracted":
		return "Codes found"
	case "attached":
		return "Descriptions and findings attached"
	case "routed":
		return "Put into the queue"
	case "claimed":
		return "Claimed"
	case "released":
		return "Released"
	case "drafted":
		return "Draft kept"
	case "approved":
		return "Approved"
	case "review_asked":
		return "Sent to review"
	case "review_returned":
		return "Returned from review"
	case "answered":
		return "Answered"
	case "asked_back":
		return "Asked back"
	case "closed":
		return "Closed" + withReason(e)
	case "reopened":
		if eventDetail(e, "was") == string(casefile.SetAside) {
			return "Made a case: it had been set aside"
		}
		return "Reopened"
	case "failed":
		return "Failed" + withReason(e)
	case "viewed":
		return "Viewed"
	case "revealed":
		return "Masked places shown"
	case "exported":
		return "Exported"
	case "edited":
		return "Edited"
	case "merged":
		return "Merged"
	case "split":
		return "Split"
	case "linked":
		return "Linked"
	}
	return sentence(strings.ReplaceAll(kind, "_", " "))
}

func withReason(e casefile.Event) string {
	if reason := eventDetail(e, "reason"); reason != "" {
		return ": " + reason
	}
	return ""
}

func eventDetail(e casefile.Event, key string) string {
	var detail map[string]any
	if e.Detail == "" || json.Unmarshal([]byte(e.Detail), &detail) != nil {
		return ""
	}
	s, _ := detail[key].(string)
	return s
}

func eventDetails(e casefile.Event, key string) []string {
	var detail map[string]json.RawMessage
	var list []string
	if e.Detail == "" || json.Unmarshal([]byte(e.Detail), &detail) != nil || json.Unmarshal(detail[key], &list) != nil {
		return nil
	}
	return list
}

// count writes "1 case", "3 cases".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1_000_000:
		return fmt.Sprintf("%d kB", (bytes+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

func initials(name string) string {
	var s []rune
	for _, part := range strings.Fields(name) {
		s = append(s, []rune(part)[0])
	}
	if len(s) == 0 {
		return "?"
	}
	if len(s) > 2 {
		s = []rune{s[0], s[len(s)-1]}
	}
	return strings.ToUpper(string(s))
}
