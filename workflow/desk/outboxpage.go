package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/casefile"
)

// outboxPage is the view of pages/outbox.html.
type outboxPage struct {
	shell
	States     []chipLink
	Deliveries []outboxRow
	Older      string
	Empty      emptyView
}

type outboxRow struct {
	ID       int64
	Created  moment
	Kind     string
	Ref      string
	To       string
	State    signView
	Why      string
	Next     moment
	Attempts int64
	Actions  []actionView
}

func (d *Desk) outbox(c *call) error {
	query := c.r.URL.Query()
	state := casefile.DeliveryState(query.Get("state"))
	if !slices.Contains(casefile.DeliveryStates, state) && state != "decide" {
		state = ""
	}
	v := outboxPage{shell: d.shell(c, "Outbox", "outbox"),
		Empty: emptyView{Title: "Nothing here", Text: "Summaries, answers and questions back appear here the moment they are decided, and stay with what became of them."}}
	v.Notice = done(query.Get("done"), "")
	counts, err := d.Cases.DeliveryCounts(c.ctx())
	if err != nil {
		return err
	}
	decide := []casefile.DeliveryState{casefile.DeliveryUncertain, casefile.DeliveryFailed, casefile.DeliveryHeld}
	needed := 0
	for _, s := range decide {
		needed += counts[s]
	}
	v.States = append(v.States, chipLink{Label: "Everything", Href: "/outbox", Current: state == ""},
		chipLink{Label: "To decide", Href: "/outbox?state=decide", Count: needed, Current: state == "decide"})
	for _, s := range casefile.DeliveryStates {
		v.States = append(v.States, chipLink{Label: sentence(string(s)), Href: "/outbox?state=" + string(s), Count: counts[s], Current: s == state})
	}
	var states []casefile.DeliveryState
	switch state {
	case "":
	case "decide":
		states = decide
		v.Empty = emptyView{Title: "Nothing waits for you", Text: "A mail comes here when it was held, failed for good, or when nobody knows whether it arrived."}
	default:
		states = []casefile.DeliveryState{state}
	}
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	deliveries, err := d.Cases.Deliveries(c.ctx(), states, before, pageRows+1)
	if err != nil {
		return err
	}
	if len(deliveries) > pageRows {
		deliveries = deliveries[:pageRows]
		link := url.Values{"before": {strconv.FormatInt(deliveries[pageRows-1].ID, 10)}}
		if state != "" {
			link.Set("state", string(state))
		}
		v.Older = "/outbox?" + link.Encode()
	}
	for _, delivery := range deliveries {
		w := deliveryWord(delivery.State)
		row := outboxRow{ID: delivery.ID, Created: d.moment(delivery.CreatedAt, c.now, "short"), Kind: deliveryKind(delivery.Kind), Ref: delivery.Ref,
			To: strings.Join(delivery.Envelope.To, ", "), State: signView{w.text, w.icon, w.tone}, Why: why(delivery), Attempts: delivery.Attempts, Actions: actions(delivery, "")}
		if delivery.State == casefile.DeliveryDeferred {
			row.Next = d.moment(delivery.NextAt, c.now, "due")
		}
		v.Deliveries = append(v.Deliveries, row)
	}
	return d.render(c, http.StatusOK, "outbox", v)
}

// why says why a delivery waits, or what it ran into.
func why(delivery casefile.Delivery) string {
	switch delivery.State {
	case casefile.DeliveryUncertain:
		return "The connection broke after the last byte. Ask, or look into the Sent folder, then decide."
	case casefile.DeliveryHeld:
		return sentence(orElse(delivery.Reason, "Waits for a person's approval."))
	case casefile.DeliveryDeferred, casefile.DeliveryFailed:
		return sentence(orElse(delivery.Response, delivery.Reason))
	case casefile.DeliveryQueued:
		return sentence(delivery.Reason)
	}
	return ""
}
