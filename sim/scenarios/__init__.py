"""SIPp scenario templates; ``sim.sipp`` fills them in."""
