package bot

import "testing"

func TestRecentRecognisesWhatWasHeardLately(t *testing.T) {
	t.Parallel()
	r := newRecent(2)
	if !r.begin("a") || r.begin("a") {
		t.Error("a is not recognised the second time")
	}
	r.begin("b")
	r.begin("c") // pushes out a
	if r.begin("c") || r.begin("b") {
		t.Error("b or c is forgotten")
	}
	if !r.begin("a") {
		t.Error("a is remembered beyond the limit")
	}
	r.forget("a")
	if !r.begin("a") {
		t.Error("a was to be forgotten")
	}
	if len(r.answers) > 2 {
		t.Errorf("%d keys are remembered, want at most 2", len(r.answers))
	}
}

func TestRecentRemembersAnswers(t *testing.T) {
	t.Parallel()
	r := newRecent(2)
	r.begin("a")
	if _, known := r.answered("a"); known {
		t.Error("there is an answer before it was given")
	}
	r.answer("a", nil)
	if payload, known := r.answered("a"); payload != nil || !known {
		t.Errorf("the answer is %v, %v; want none, known", payload, known)
	}
	r.answer("never heard", "x")
	if _, known := r.answered("never heard"); known {
		t.Error("an answer without a question is remembered")
	}
}
