package slackd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// SendEvent sends an Events API event, such as {"type":"team_join"}, whether the app subscribed to it or not, and sends
// it again as Limits.Retry says while nobody acknowledges it, or no socket is open. It does not wait. It fails if event is no JSON object.
func (s *Server) SendEvent(event any) error {
	b, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		return fmt.Errorf("event is no object: %w", err)
	}
	s.sendEvent(o)
	return nil
}

// publish sends an event if the app subscribed to it.
func (s *Server) publish(kind string, event object) {
	if !slices.Contains(s.app.Events, kind) {
		return
	}
	event = maps.Clone(event)
	event["type"] = kind
	s.sendEvent(event)
}

// sendEvent wraps an event as the Events API does and delivers it until it is acknowledged.
// See https://docs.slack.dev/apis/events-api.
func (s *Server) sendEvent(event object) {
	s.mu.Lock()
	if event["event_ts"] == nil {
		event["event_ts"] = s.newTS()
	}
	eventID := s.newID("Ev")
	s.mu.Unlock()
	var enterprise any
	if s.team.EnterpriseID != "" {
		enterprise = s.team.EnterpriseID
	}
	payload := encode(object{
		"token":      "sandbox",
		"team_id":    s.team.ID,
		"api_app_id": s.app.ID,
		"event":      event,
		"type":       "event_callback",
		"event_id":   eventID,
		"event_time": s.now().Unix(),
		"authorizations": []object{{
			"enterprise_id": enterprise, "team_id": s.team.ID, "user_id": s.app.BotUserID, "is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": false,
		"event_context":         "sandbox-" + eventID,
	})
	user, _ := event["user"].(string)
	e := Envelope{ID: newEnvelopeID(), Type: "events_api", Payload: payload, subtype: str(event, "type"), user: user}
	p, err := s.transmit(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spawn(func() { s.retry(e, p, err) })
}

// retry sends an event again until it is acknowledged or Slack would give up.
func (s *Server) retry(e Envelope, p *pending, err error) {
	for attempt, wait := range append(slices.Clone(s.limits.Retry), -1) {
		e.RetryReason = "connection_failed"
		if err == nil {
			if _, ok := s.outcome(s.life, p); ok {
				return
			}
			e.RetryReason = "timeout"
		}
		if wait < 0 || !s.pause(s.life, wait) {
			break
		}
		s.mu.Lock()
		_, same := s.fault(e.Type, SameEnvelope)
		s.mu.Unlock()
		e.RetryAttempt = attempt + 1
		if same {
			e.RetryAttempt, e.RetryReason = 0, ""
		} else {
			e.ID = newEnvelopeID()
		}
		p, err = s.transmit(e)
	}
	s.log.Info("event was never acknowledged", "event", e.subtype)
}
