from tests.world import build_world
async def test_world(hub):
    w = await build_world(hub)
    c = await w.customer(hub, consents="referral-mortgage", recipient="bluegum-mortgages", stops_marketing=True)
    await w.deliver(hub, c, "v2", "2024-06-01")
    print(w.versions["v3"].sha256, c)
