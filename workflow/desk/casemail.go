package desk

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"caseconsultant/workflow/casefile"
)

// alerts is what must be seen before an answer is written.
func (d *Desk) alerts(cs *casefile.View) []alertView {
	var alerts []alertView
	if cs.Reason != "" && (cs.State == casefile.Failed || cs.State == casefile.SetAside) {
		t, icon := grey, "info"
		if cs.State == casefile.Failed {
			t, icon = red, "error"
		}
		alerts = append(alerts, alertView{Tone: t, Icon: icon, Text: sentence(cs.Reason)})
	}
	for _, delivery := range cs.Deliveries {
		back := "/cases/" + cs.Ref
		switch delivery.State {
		case casefile.DeliveryUncertain:
			alerts = append(alerts, alertView{Tone: red, Icon: "warning", Actions: actions(delivery, back),
				Text: "The connection broke while the " + strings.ToLower(deliveryKind(delivery.Kind)) + " was handed over: nobody knows whether it arrived. Ask the asker or look into the Sent folder, then decide."})
		case casefile.DeliveryHeld:
			alerts = append(alerts, alertView{Tone: amber, Icon: "held", Actions: actions(delivery, back),
				Text: sentence(orElse(delivery.Reason, "The "+strings.ToLower(deliveryKind(delivery.Kind))+" waits for your approval."))})
		case casefile.DeliveryFailed:
			alerts = append(alerts, alertView{Tone: red, Icon: "error", Actions: actions(delivery, back),
				Text: "The " + strings.ToLower(deliveryKind(delivery.Kind)) + " could not be delivered. " + sentence(orElse(delivery.Response, delivery.Reason))})
		}
	}
	switch {
	case cs.LinkedRef != "" && slices.ContainsFunc(cs.Messages, func(m casefile.Message) bool { return m.Opened && m.Screen != "" && m.Screen != "person" }):
		alerts = append(alerts, alertView{Tone: blue, Icon: "info", Text: "It is about a mail of ours in another case.", Link: &linkView{cs.LinkedRef, "/cases/" + url.PathEscape(cs.LinkedRef)}})
	case cs.LinkedRef != "":
		alerts = append(alerts, alertView{Tone: blue, Icon: "info", Text: "The mail names another case, which it had no right to join.", Link: &linkView{cs.LinkedRef, "/cases/" + url.PathEscape(cs.LinkedRef)}})
	}
	return alerts
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

func (d *Desk) delivery(c *call, delivery casefile.Delivery) deliveryView {
	w := deliveryWord(delivery.State)
	at := delivery.CreatedAt
	if !delivery.AcceptedAt.IsZero() {
		at = delivery.AcceptedAt
	}
	v := deliveryView{Kind: deliveryKind(delivery.Kind), State: signView{w.text, w.icon, w.tone}, At: d.moment(at, c.now, "short")}
	if delivery.State != casefile.DeliveryAccepted {
		v.Reason = delivery.Reason
	}
	if delivery.State == casefile.DeliveryDeferred || delivery.State == casefile.DeliveryQueued {
		v.Actions = actions(delivery, "/cases/"+delivery.Ref)
	}
	return v
}

// actions are what a person can decide about a delivery. back is the page to return to.
func actions(delivery casefile.Delivery, back string) []actionView {
	at := func(what Decision, label, why string, primary bool) actionView {
		return actionView{Label: label, Action: fmt.Sprintf("/deliveries/%d/%s", delivery.ID, what), Why: why, Back: back, Primary: primary}
	}
	switch delivery.State {
	case casefile.DeliveryUncertain:
		return []actionView{at(Arrived, "It arrived", "Settle it as accepted", true), at(SendAgain, "Send again", "Once more, under the same Message-ID", false)}
	case casefile.DeliveryHeld:
		return []actionView{at(Approve, "Send it", "Approve this mail", true), at(Cancel, "Do not send", "", false)}
	case casefile.DeliveryDeferred:
		return []actionView{at(RetryNow, "Retry now", "", false), at(Cancel, "Do not send", "", false)}
	case casefile.DeliveryFailed:
		return []actionView{at(RetryNow, "Try again", "", false)}
	}
	return nil
}
