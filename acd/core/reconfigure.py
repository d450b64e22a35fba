"""Takes a configuration snapshot whole, at the start and while calls go on."""

from __future__ import annotations

from acd.core.config import AgentSettings, Configuration
from acd.core.house import House
from acd.core.records import Agent
from acd.core.states import AgentState, AgentTrigger, CallState
from callcenter.kernel.ids import AgentId


def reconfigure(house: House, configuration: Configuration) -> None:
    """Build line and seats anew from the snapshot; calls, states and places in line go on.

    Callers of a queue that is no more wait on in the first queue, keeping their time. Operators who are no
    more are logged out as soon as their desk is free.
    """
    house.configuration = configuration
    house.queues = {queue.name: queue for queue in configuration.queues}
    house.line.clear()
    house.waiting = dict.fromkeys(house.queues, 0)
    wanted = {settings.agent: settings for settings in configuration.agents}
    _keep_agents(house, wanted)
    _add_agents(house, wanted)
    _keep_calls(house)
    for agent in list(house.agents.values()):
        if agent.removed and agent.state is AgentState.LOGGED_OUT:
            del house.agents[agent.agent]
        elif agent.removed and agent.state in (AgentState.AVAILABLE, AgentState.PAUSED):
            house.move_agent(agent, AgentTrigger.LOGGED_OUT)
    for queue in configuration.queues:
        house.overflow_if_empty(queue.name)


def _keep_agents(house: House, wanted: dict[AgentId, AgentSettings]) -> None:
    queues = frozenset(house.queues)
    for agent in house.agents.values():
        settings = wanted.get(agent.agent)
        if settings is not None:
            agent.group = house.line.group(settings.queues, settings.languages)
            if agent.removed:
                agent.removed = agent.leaving = False
        else:
            agent.group = house.line.group(agent.group.queues & queues, agent.group.languages)
            agent.removed = agent.leaving = True
        agent.idle = None
        if agent.state is not AgentState.LOGGED_OUT:
            house.line.seat(agent.group, 1)
        house.line.settle(agent)


def _add_agents(house: House, wanted: dict[AgentId, AgentSettings]) -> None:
    for agent, settings in wanted.items():
        if agent not in house.agents:
            reachable, in_use = house.devices.get(agent, (False, False))
            group = house.line.group(settings.queues, settings.languages)
            house.agents[agent] = Agent(agent, group, since=house.now, reachable=reachable, in_use=in_use)


def _keep_calls(house: House) -> None:
    for call in house.calls.values():
        if call.queue is None:
            continue
        call.queue = house.known_queue(call.queue)
        if call.state is CallState.WAITING:
            house.waiting[call.queue] += 1
            if call.place is not None:
                house.enter_line(call)
        if call.state in (CallState.WAITING, CallState.OFFERED):
            house.timers.cancel(call.wait_timer)
            call.wait_timer = None
            house.arm_longest_wait(call)
