package batch_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/manifest"
)

func TestFindForeign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := image("m-9:s")
		shared.OwnerAlias = "others"
		s := scene{images: append(images("m-1:a"), shared), rows: []manifest.Row{row("m-1:b"), row("m-9:c"), row("m-8:d"), row("m-9:e")}}
		st := s.build(t)
		inventories, err := batch.Load(t.Context(), st.lanes)
		if err != nil {
			t.Fatal(err)
		}
		batch.FindForeign(t.Context(), st.lanes, requests(s.rows, st.lanes), inventories)
		if diff := cmp.Diff([]string{"m-9"}, inventories[0].Foreign); diff != "" {
			t.Errorf("foreign (-want +got):\n%s", diff)
		}
	})
}
