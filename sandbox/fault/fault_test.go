package fault_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"herald/sandbox/fault"
)

const cats fault.Name = "cats"

func TestAFaultHappensAsOftenAsItWasTold(t *testing.T) {
	t.Parallel()
	s := fault.New(fault.Down, cats)
	s.SetFault(cats, 2)
	for i, want := range []bool{true, true, false} {
		if got := s.Failing(cats); got != want {
			t.Errorf("time %d: %v, want %v", i, got, want)
		}
	}
	s.SetFault(cats, fault.Always)
	s.SetFault("dogs", fault.Always)
	for range 3 {
		if !s.Failing(cats) || s.Failing("dogs") {
			t.Error("want cats for ever, and no dogs, which nobody knows")
		}
	}
	if on := s.FaultsOn(); len(on) != 1 || on[cats] != fault.Always || len(s.Faults()) != 2 {
		t.Errorf("on are %v of %v", on, s.Faults())
	}
	s.SetFault(cats, 0)
	if s.Failing(cats) {
		t.Error("cats are still on")
	}
}

func TestBreaking(t *testing.T) {
	t.Parallel()
	s := fault.New(fault.Down, fault.Slow)
	handler := s.Breaking(time.Millisecond, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	get := func(path string) int {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return answer.Code
	}
	s.SetFault(fault.Down, 1)
	s.SetFault(fault.Slow, 1)
	for i, want := range []int{503, 204, 204} {
		if got := get("/"); got != want {
			t.Errorf("request %d: status %d, want %d", i, got, want)
		}
	}
	s.SetFault(fault.Down, fault.Always)
	if got := get("/pages/style.css"); got != 204 {
		t.Errorf("the style sheet: status %d", got)
	}
}
