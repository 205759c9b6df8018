package main

import (
	"testing"

	"herald/networks"
)

func TestWhichNetworksEndAllAccessAtOnce(t *testing.T) {
	t.Parallel()
	r := revoker{networks.NewMastodon(networks.MastodonApp{}), &networks.Facebook{}, &networks.LinkedIn{}}
	for network, want := range map[string]bool{"mastodon": false, "facebook": true, "linkedin": true, "not set up any more": true} {
		if got := r.EndsAll(network); got != want {
			t.Errorf("%s: %v, want %v", network, got, want)
		}
	}
}
